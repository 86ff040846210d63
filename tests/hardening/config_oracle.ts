/** What must hold of every reading of a configuration file, whatever stands in it. */
import { type Document, parseAllDocuments } from "yaml";
import { atOnce } from "../../src/base/steps.ts";
import type { ReadResult } from "../../src/config/mod.ts";
import { readingConfig } from "../../src/config/read.ts";
import { readTree, type TreeNode } from "../../src/config/yaml_tree.ts";

/** One reading, and how it went. */
export interface Reading {
  readonly result: ReadResult;
  /** Of each step, ms. */
  readonly stepsMs: Float64Array;
  readonly totalMs: number;
}

/** @throws what reading throws, which is nothing */
export function timedReading(text: string): Reading {
  const stepsMs: number[] = [];
  const startedAt = performance.now();
  const steps = readingConfig(text, "bunny.yaml");
  for (let from = startedAt;;) {
    const { done, value } = steps.next();
    const until = performance.now();
    stepsMs.push(until - from);
    if (done) return { result: value, stepsMs: Float64Array.from(stepsMs), totalMs: until - startedAt };
    from = until;
  }
}

/**
 * The longest step, ms. Reading takes the same steps each time: what the machine, the collector and the compiler add
 * comes at different ones, so each counts as it was when it was fastest.
 */
export function longestStepMs(readings: readonly Reading[]): number {
  const [first] = readings;
  return first.stepsMs.reduce(
    (longest, _, i) => Math.max(longest, Math.min(...readings.map(({ stepsMs }) => stepsMs[i] ?? Infinity))),
    0,
  );
}

const MAX_PROBLEMS = 101;
const MAX_MESSAGE = 1_000;

/** @returns what is wrong with the problems or the warnings */
export function flawsOf(result: ReadResult, text: string): string[] {
  const problems = result.kind === "ok" ? result.warnings : result.problems;
  const flaws: string[] = [];
  if (result.kind === "problems" && problems.length === 0) flaws.push("refused without a problem");
  if (problems.length > MAX_PROBLEMS) flaws.push(`${problems.length} problems`);
  const lines = text.split("\n");
  for (const { line, column, message, keyPath } of problems) {
    const where = `${line}:${column} ${keyPath.slice(0, 100)}: ${message.slice(0, 100)}`;
    // A byte order mark and the end of the file count as places.
    const isInside = line === 0 ? column === 0 : line <= lines.length && column >= 1 &&
      column <= lines[line - 1].length + 2;
    if (!isInside) flaws.push(`outside of the file: ${where}`);
    if (message === "" || message.length > MAX_MESSAGE || /[\x00-\x1f\x7f]/.test(message + keyPath)) {
      flaws.push(`no line of text: ${where}`);
    }
    if (keyPath.length > 5_000) flaws.push(`a path of ${keyPath.length} characters: ${where}`);
  }
  return flaws;
}

/**
 * Compares with what the library makes of the file in one go, where we hand it pieces.
 * @returns how they differ
 */
export function difference(text: string): string | undefined {
  const ours = atOnce(readTree(text, "bunny.yaml"));
  const all = parseAllDocuments(text, { prettyErrors: false, uniqueKeys: false, logLevel: "silent" });
  const documents = "length" in all ? all : [];
  if (documents.length === 0) return ours.kind === "ok" ? "a tree of nothing" : undefined;
  const [document] = documents as Document.Parsed[];
  const theirs = documents.length > 1
    ? ["a second document"]
    : [...document.errors, ...document.warnings].map(({ code }) => code);
  if (ours.kind === "ok") {
    if (theirs.length > 0) return `the library finds ${theirs[0]}`;
    if (ours.problems.count > 0) return undefined; // ours alone: repeated keys, unknown anchors, depth
    return text.includes("<<")
      ? undefined
      : unlike(plain(ours.root), document.toJS({ maxAliasCount: -1 }), "");
  }
  const isBound = /^more than|longer than|is empty/.test(ours.problems[0].message);
  return theirs.length > 0 || isBound
    ? undefined
    : `only we find ${ours.problems[0].line}:${ours.problems[0].message}`;
}

function plain(node: TreeNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plain);
  return new Map([...node.entries].map(([key, { node }]) => [key, plain(node)]));
}

/** Keys are compared as text, as they stand in the file, where the library has numbers and nothing too. */
function unlike(ours: unknown, theirs: unknown, path: string): string | undefined {
  if (Array.isArray(ours)) {
    if (!Array.isArray(theirs) || theirs.length !== ours.length) return `another list at ${path}`;
    return ours.map((item, i) => unlike(item, theirs[i], `${path}[${i}]`)).find((found) =>
      found !== undefined
    );
  }
  if (ours instanceof Map) {
    if (typeof theirs !== "object" || theirs === null || Array.isArray(theirs)) {
      return `another mapping at ${path}`;
    }
    const values = Object.values(theirs);
    if (values.length !== ours.size) return undefined; // keys that JavaScript takes for one
    const known = theirs as Record<string, unknown>;
    return [...ours].map(([key, value]) =>
      Object.hasOwn(known, key) ? unlike(value, known[key], `${path}.${key}`) : undefined
    ).find((found) => found !== undefined);
  }
  const same = Object.is(ours, theirs) || String(ours) === String(theirs);
  return same
    ? undefined
    : `${String(ours).slice(0, 50)} instead of ${String(theirs).slice(0, 50)} at ${path}`;
}
