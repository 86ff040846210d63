import { buildConfig } from "./build.ts";
import type { Config } from "./config.ts";
import { crossCheck } from "./cross_checks.ts";
import { MAX_FILE_BYTES } from "./limits.ts";
import { formatPath, type Path, type Problem } from "./problem.ts";
import { offsetInFile } from "./scalar_position.ts";
import { type ConfigInput, configSchema } from "./schema.ts";
import { type Place, shape } from "./shape.ts";
import { MISSING, validate } from "./validate.ts";
import { warn } from "./warnings.ts";
import { readTree } from "./yaml_tree.ts";

export type ReadResult =
  | { readonly kind: "ok"; readonly config: Config; readonly warnings: readonly Problem[] }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] };

/** Problems told at once; whoever has more will read the file again anyway. */
const MAX_PROBLEMS = 100;

/**
 * Reads a configuration: YAML, the schema, then what only the whole can tell. Every mistake is reported, in the order
 * of the file. Takes time about linear in the text, and never throws on account of it.
 *
 * @param file what problems call the file
 */
export function readConfig(text: string, file: string): ReadResult {
  if (text.length > MAX_FILE_BYTES) return { kind: "problems", problems: [tooLarge(file)] };
  const tree = readTree(text, file);
  if (tree.kind === "problems") return tree;
  const { root, locate } = tree;

  const problems = [...tree.problems];
  const reportTo = (list: Problem[]) => (written: Path, offset: number, message: string) =>
    void list.push({ file, ...locate(offset), keyPath: formatPath(written), message });
  const report = reportTo(problems);
  const shaped = shape(root, configSchema, report);
  // What the tree could not find, such as an alias' anchor, is not missing a second time.
  const unfound = new Set(tree.problems.map(({ keyPath }) => keyPath));
  const { output, isGood } = validate(configSchema, shaped, text, (written, offset, message) => {
    if (message !== MISSING || !unfound.has(formatPath(written))) report(written, offset, message);
  });
  crossCheck(output, (path, message) => {
    const { written, node } = placeOf(shaped.places, path);
    report(written, node.start, message);
  });
  if (!isGood || problems.length > 0) return { kind: "problems", problems: arranged(problems, file) };

  const input = output as ConfigInput;
  const config = buildConfig(input);
  const warnings: Problem[] = [];
  const remark = reportTo(warnings);
  warn(input, config, (path, message) => {
    const { written, node, keyStart } = placeOf(shaped.places, path);
    remark(written, keyStart ?? node.start, message);
  }, (path, message, index) => {
    const { written, node } = placeOf(shaped.places, path);
    remark(written, node.kind === "scalar" ? offsetInFile(text, node, index) : node.start, message);
  });
  return { kind: "ok", config, warnings: arranged(warnings, file) };
}

/** The place of a path, or of the lowest one above it that the file has: defaults stand nowhere. */
function placeOf(places: ReadonlyMap<string, Place>, path: Path): Place {
  for (let length = path.length; length > 0; length--) {
    const place = places.get(formatPath(path.slice(0, length)));
    if (place) return place;
  }
  return places.get("")!;
}

function arranged(problems: readonly Problem[], file: string): Problem[] {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  if (sorted.length <= MAX_PROBLEMS) return sorted;
  const message = `${sorted.length - MAX_PROBLEMS} more problems`;
  return [...sorted.slice(0, MAX_PROBLEMS), { file, line: 0, column: 0, keyPath: "", message }];
}

export function tooLarge(file: string): Problem {
  return { file, line: 0, column: 0, keyPath: "", message: `larger than ${MAX_FILE_BYTES} bytes` };
}
