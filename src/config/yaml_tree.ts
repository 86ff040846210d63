/** YAML text → a tree of plain nodes that know where they stand. */
import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  type Node as YamlNode,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { Steps } from "../base/steps.ts";
import { quote } from "../base/text.ts";
import { MAX_ALIASES, MAX_DEPTH, MAX_MERGED_KEYS } from "./limits.ts";
import { type Locate, locator } from "./lines.ts";
import { formatPath, ofFile, type Path, type Problem } from "./problem.ts";
import { Problems } from "./problems.ts";
import { PieceComposer } from "./yaml_compose.ts";
import { readTokens, TOO_DEEP } from "./yaml_tokens.ts";

/** Where a node begins, as an offset into the file's text, in UTF-16 units. */
interface Placed {
  readonly start: number;
}

export interface MapNode extends Placed {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface ListNode extends Placed {
  readonly kind: "list";
  readonly items: readonly TreeNode[];
}

export interface ScalarNode extends Placed {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** Content as written, unquoted. */
  readonly source: string;
  readonly style: ScalarStyle;
  /** Offset behind the node. */
  readonly end: number;
}

export type ScalarStyle = "plain" | "single" | "double" | "literal" | "folded";

export type TreeNode = MapNode | ListNode | ScalarNode;

export interface Entry {
  readonly keyStart: number;
  readonly node: TreeNode;
}

export type TreeResult =
  | {
    readonly kind: "ok";
    readonly root: TreeNode;
    readonly locate: Locate;
    /** What has been found so far. */
    readonly problems: Problems;
  }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] };

/**
 * Reads YAML 1.2 (and `<<` merge keys, which the original's reader knew). A syntax error leaves nothing to go on
 * with; repeated keys and bad anchors do, so they come along with the tree, for all problems to be reported at once.
 */
export function* readTree(text: string, file: string): Steps<TreeResult> {
  const whole = (message: string): TreeResult => ({ kind: "problems", problems: [ofFile(file, message)] });
  const locate = locator(text);
  const at = (offset: number, message: string): Problem => ({
    file,
    ...locate(offset),
    keyPath: "",
    message,
  });

  const lexed = yield* readTokens(text);
  if (lexed.kind === "refused") {
    const { message, offset } = lexed;
    return offset === undefined ? whole(message) : { kind: "problems", problems: [at(offset, message)] };
  }
  yield;
  const composer = new PieceComposer(text.length);
  const document = composer.document(lexed.tokens);
  yield;
  const [, second] = lexed.tokens.filter(({ type }) => type === "document");
  const syntaxProblems = () => [
    ...(second ? [at(second.offset, "a second document begins here; a configuration is one")] : []),
    ...composer.faults.list().map(({ offset, message }) => at(offset, message)),
  ];
  if (second || !composer.faults.isEmpty) return { kind: "problems", problems: syntaxProblems() };
  if (!document || isEmpty(document)) return whole(EMPTY);
  const builder = new TreeBuilder(composer, file, locate);
  const root = yield* builder.build(document.contents as YamlNode, [], 0);
  if (!composer.faults.isEmpty) return { kind: "problems", problems: syntaxProblems() };
  if (builder.aliases > MAX_ALIASES) return whole(`more than ${MAX_ALIASES} aliases`);
  if (builder.mergedKeys > MAX_MERGED_KEYS) return whole(`more than ${MAX_MERGED_KEYS} keys brought by <<`);
  return { kind: "ok", root, locate, problems: builder.problems };
}

/** Most often a file caught while it is being written anew: certainly not an order to stop everything. */
const EMPTY = "the file is empty; write {} for a configuration of defaults alone";

function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

class TreeBuilder {
  readonly problems = new Problems();
  aliases = 0;
  mergedKeys = 0;
  readonly #composer: PieceComposer;
  readonly #file: string;
  readonly #locate: Locate;
  readonly #anchors = new Map<string, TreeNode>();

  constructor(composer: PieceComposer, file: string, locate: Locate) {
    this.#composer = composer;
    this.#file = file;
    this.#locate = locate;
  }

  report(path: Path, offset: number, message: string): void {
    this.problems.add({ file: this.#file, ...this.#locate(offset), keyPath: formatPath(path), message });
  }

  *build(node: YamlNode | null, path: Path, depth: number): Steps<TreeNode> {
    if (!isCollection(node) || depth > MAX_DEPTH) return this.#leaf(node, path, depth);
    const start = node.range?.[0] ?? 0;
    const built = isMap(node)
      ? yield* this.#map(node, path, depth, start)
      : yield* this.#list(node as YAMLSeq, path, depth, start);
    // Known only once it is complete: an alias inside its own anchor finds nothing, and no tree has a cycle.
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, built);
    return built;
  }

  /** What has nothing below it, or must not have it. */
  #leaf(node: YamlNode | null, path: Path, depth: number): TreeNode {
    const start = node?.range?.[0] ?? 0;
    if (depth > MAX_DEPTH) {
      this.report(path, start, TOO_DEEP);
      return nothing(start);
    }
    if (isAlias(node)) return this.#resolve(node, path, start);
    const built = isScalar(node) ? scalar(node, start) : nothing(start);
    const anchor = node?.anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, built);
    return built;
  }

  *#list(list: YAMLSeq, path: Path, depth: number, start: number): Steps<ListNode> {
    const items: TreeNode[] = [];
    for (const run of this.#composer.itemsOf(list)) {
      yield;
      for (const item of run) {
        const node = item as YamlNode | null;
        const below = [...path, items.length];
        items.push(
          isCollection(node) ? yield* this.build(node, below, depth + 1) : this.#leaf(node, below, depth + 1),
        );
      }
    }
    return { kind: "list", start, items };
  }

  #resolve(alias: Alias, path: Path, start: number): TreeNode {
    this.aliases++;
    const target = this.#anchors.get(alias.source);
    if (target) return target;
    // Without its name: it may be a password that somebody forgot to put into quotes.
    this.report(
      path,
      start,
      "no anchor of this name stands before this alias; text that begins with * belongs in quotes",
    );
    return nothing(start);
  }

  *#map(map: YAMLMap, path: Path, depth: number, start: number): Steps<MapNode> {
    const entries = new Map<string, Entry>();
    const merged: Entry[] = [];
    for (const run of this.#composer.itemsOf(map)) {
      yield;
      for (const pair of run) {
        if (!isPair<YamlNode, YamlNode | null>(pair)) continue;
        const keyStart = pair.key?.range?.[0] ?? start;
        if (!isScalar(pair.key)) {
          this.report(path, keyStart, "a key must be plain text");
          continue;
        }
        const key = pair.key.source ?? String(pair.key.value ?? "");
        const value = pair.value ?? null;
        const below = [...path, key];
        const node = isCollection(value)
          ? yield* this.build(value, below, depth + 1)
          : this.#leaf(value, below, depth + 1);
        // A missing value has no place of its own: its key's will do.
        const entry = { keyStart, node: pair.value?.range ? node : { ...node, start: keyStart } };
        if (key === "<<" && pair.key.type === "PLAIN") merged.push(entry);
        else if (entries.has(key)) this.report([...path, key], keyStart, this.#repeated(key, entries));
        else entries.set(key, entry);
      }
    }
    for (const entry of merged) yield* this.#merge(entry, path, entries);
    return { kind: "map", start, entries };
  }

  #repeated(key: string, entries: ReadonlyMap<string, Entry>): string {
    const { line } = this.#locate(entries.get(key)?.keyStart ?? 0);
    return `the key is there twice; line ${line} has it already`;
  }

  /** What stands in the map itself wins over what `<<` brings, and an earlier one in the list over a later one. */
  *#merge({ node, keyStart }: Entry, path: Path, into: Map<string, Entry>): Steps<void> {
    for (const source of node.kind === "list" ? node.items : [node]) {
      if (source.kind !== "map") {
        this.report(path, keyStart, "<< takes a mapping or a list of mappings");
        continue;
      }
      this.mergedKeys += source.entries.size;
      if (this.mergedKeys > MAX_MERGED_KEYS) return; // the file is refused
      for (const [key, entry] of source.entries) if (!into.has(key)) into.set(key, entry);
      yield;
    }
  }
}

const STYLES: Readonly<Record<string, ScalarStyle>> = {
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_LITERAL: "literal",
  BLOCK_FOLDED: "folded",
};

function scalar(node: Scalar, start: number): ScalarNode {
  const { value } = node;
  const known = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return {
    kind: "scalar",
    start,
    end: node.range?.[1] ?? start,
    value: known ? value : value === null ? null : String(value),
    source: node.source ?? "",
    style: STYLES[node.type ?? ""] ?? "plain",
  };
}

function nothing(start: number): ScalarNode {
  return { kind: "scalar", start, end: start, value: null, source: "", style: "plain" };
}

/** What a node is, for a message: `"abc"`, `5`, `a list`. A secret is named by its kind alone. */
export function describeNode(node: TreeNode, secret = false): string {
  if (node.kind === "map") return node.entries.size > 0 ? "a mapping" : "an empty mapping";
  if (node.kind === "list") return node.items.length > 0 ? "a list" : "an empty list";
  switch (typeof node.value) {
    case "string":
      return secret ? "text" : quote(node.value);
    case "number":
    case "boolean":
      return secret ? `a ${typeof node.value}` : quote(node.source).slice(1, -1);
    default:
      return "nothing";
  }
}
