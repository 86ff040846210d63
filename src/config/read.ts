import { buildConfig } from "./build.ts";
import type { Config } from "./config.ts";
import { crossCheck, type ReportPath } from "./cross_checks.ts";
import { MAX_FILE_BYTES } from "./limits.ts";
import { formatPath, ofFile, type Problem } from "./problem.ts";
import { offsetInFile } from "./scalar_position.ts";
import { type ConfigInput, configSchema } from "./schema.ts";
import { placeOf, type ReportAt, shape, type Shaped } from "./shape.ts";
import { MISSING, validate } from "./validate.ts";
import { type ReportInText, warn } from "./warnings.ts";
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
  const say = (to: Problem[]): ReportAt => (written, offset, message) =>
    void to.push({ file, ...tree.locate(offset), keyPath: formatPath(written), message });

  const problems = [...tree.problems];
  const report = say(problems);
  const shaped = shape(tree.root, configSchema, report);
  if (shaped.isTooLarge) {
    return { kind: "problems", problems: [ofFile(file, "too many values once every alias is followed")] };
  }
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
  remark(input, config, shaped, text, say(warnings));
  return { kind: "ok", config, warnings: arranged(warnings, file) };
}

/** Warnings stand at the key, or inside the text that they are about. */
function remark(
  input: ConfigInput,
  config: Config,
  { places }: Shaped,
  text: string,
  report: ReportAt,
): void {
  const atKey: ReportPath = (path, message) => {
    const { written, node, keyStart } = placeOf(places, path);
    report(written, keyStart ?? node.start, message);
  };
  const inText: ReportInText = (path, message, index) => {
    const { written, node } = placeOf(places, path);
    report(written, node.kind === "scalar" ? offsetInFile(text, node, index) : node.start, message);
  };
  warn(input, config, atKey, inText);
}

function arranged(problems: readonly Problem[], file: string): Problem[] {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  if (sorted.length <= MAX_PROBLEMS) return sorted;
  return [...sorted.slice(0, MAX_PROBLEMS), ofFile(file, `${sorted.length - MAX_PROBLEMS} more problems`)];
}

export function tooLarge(file: string): Problem {
  return ofFile(file, `larger than ${MAX_FILE_BYTES} bytes`);
}
