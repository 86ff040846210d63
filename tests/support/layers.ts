import { posix } from "node:path";
import { importsOf } from "./imports.ts";

/** The floors of `src/`, lowest first. An import goes to the same folder or to a lower floor, never aside or up. */
export const LEVELS: ReadonlyArray<readonly string[]> = [
  ["base"],
  ["model"],
  ["query", "store"],
  ["config"],
  ["ingress", "probes", "telemetry"],
  ["supervisor"],
  ["cli"],
  ["main"],
];

/** Vocabulary: its files are imported one by one. All other folders have `mod.ts` as their only door. */
const OPEN_FOLDERS = ["base", "model"];

export type Rule = "upward" | "sibling" | "side_door" | "outside" | "cycle" | "unknown";

export interface Violation {
  rule: Rule;
  /** Where, as `path:line`, and what is wrong there. */
  message: string;
}

/**
 * Checks every import of a source tree.
 * @param files source text by path from the repository's root, such as `src/query/mod.ts`
 */
export function checkLayers(files: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = [];
  const edges = new Map<string, string[]>();
  for (const [path, source] of files) {
    const targets: string[] = [];
    edges.set(path, targets);
    for (const { specifier, typeOnly, line } of importsOf(source)) {
      const at = `${path}:${line}`;
      if (specifier === "") {
        violations.push({ rule: "unknown", message: `${at}: imports what only run time knows` });
        continue;
      }
      if (!specifier.startsWith(".")) continue; // a package, or a part of the runtime
      const target = posix.join(posix.dirname(path), specifier);
      const violation = checkImport(path, target);
      if (violation) violations.push({ rule: violation.rule, message: `${at}: ${violation.message}` });
      if (!typeOnly) targets.push(target);
    }
  }
  for (const cycle of findCycles(edges)) {
    violations.push({ rule: "cycle", message: `${cycle.join(" → ")} → ${cycle[0]}` });
  }
  return violations;
}

function checkImport(path: string, target: string): Violation | undefined {
  if (!target.startsWith("src/")) {
    if (target === "deno.json") return undefined; // where the version stands
    return { rule: "outside", message: `${target} is not part of the program` };
  }
  const [from, to] = [folderOf(path), folderOf(target)];
  const [fromLevel, toLevel] = [levelOf(from), levelOf(to)];
  if (fromLevel < 0) return { rule: "unknown", message: `${from} has no level` };
  if (toLevel < 0) return { rule: "unknown", message: `${to} has no level` };
  if (from === to) return undefined;
  if (toLevel > fromLevel) {
    return { rule: "upward", message: `${from} must not import ${to}, which is above it` };
  }
  if (toLevel === fromLevel) return { rule: "sibling", message: `${from} must not import its sibling ${to}` };
  if (!OPEN_FOLDERS.includes(to) && posix.basename(target) !== "mod.ts") {
    return { rule: "side_door", message: `import src/${to}/mod.ts instead of ${target}` };
  }
  return undefined;
}

/** The folder of `src/` that a file belongs to; for one directly in `src/` its name: `main`. */
function folderOf(path: string): string {
  const [, first, ...rest] = path.split("/");
  return rest.length > 0 ? first : first.replace(/\.tsx?$/, "");
}

function levelOf(folder: string): number {
  return LEVELS.findIndex((level) => level.includes(folder));
}

/** One cycle for each place where imports lead back to where they came from (depth first, in order of the files). */
function findCycles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string) => {
    const entered = trail.indexOf(path);
    if (entered >= 0) {
      cycles.push(trail.slice(entered));
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    for (const target of edges.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of edges.keys()) visit(path);
  return cycles;
}
