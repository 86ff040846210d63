import { atOnce, type Steps } from "../base/steps.ts";
import { buildConfig } from "./build.ts";
import type { Config } from "./config.ts";
import { checkCostly } from "./costly.ts";
import { crossCheck, type ReportPath } from "./cross_checks.ts";
import { MAX_FILE_BYTES, MAX_PROBLEMS } from "./limits.ts";
import { formatPath, ofFile, type Problem } from "./problem.ts";
import { Problems } from "./problems.ts";
import { offsetInFile } from "./scalar_position.ts";
import { type ConfigInput, configSchema } from "./schema.ts";
import { placeOf, type ReportAt, shape, type Shaped, writtenPath } from "./shape.ts";
import { MISSING, validate } from "./validate.ts";
import { type ReportInText, warn } from "./warnings.ts";
import { readTree } from "./yaml_tree.ts";

export type ReadResult =
  | { readonly kind: "ok"; readonly config: Config; readonly warnings: readonly Problem[] }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] };

/**
 * Reads a configuration: YAML, the schema, then what only the whole can tell. Every mistake is reported, in the order
 * of the file. Takes time about linear in the text, and never throws on account of it.
 *
 * @param file what problems call the file
 */
export function readConfig(text: string, file: string): ReadResult {
  return atOnce(readingConfig(text, file));
}

/** The same in steps of at most a few milliseconds each. */
export function* readingConfig(text: string, file: string): Steps<ReadResult> {
  if (text.length > MAX_FILE_BYTES) return { kind: "problems", problems: [tooLarge(file)] };
  const tree = yield* readTree(text, file);
  if (tree.kind === "problems") return tree;
  const say = (to: Problems): ReportAt => (written, offset, message) =>
    to.add({ file, ...tree.locate(offset), keyPath: formatPath(written), message });

  const { problems } = tree;
  // What the tree could not find, such as an alias' anchor, is not missing a second time.
  const unfound = problems.keyPaths();
  const isEnough = () => problems.isFull;
  const report = say(problems);
  const shaped = yield* shape(tree.root, configSchema, report, isEnough);
  if (shaped.isTooLarge) {
    return { kind: "problems", problems: [ofFile(file, "too many values once every alias is followed")] };
  }
  const validated = yield* validate(configSchema, shaped, text, (written, offset, message) => {
    if (message !== MISSING || !unfound.has(formatPath(written))) report(written, offset, message);
  }, isEnough);
  const costly = yield* checkCostly(shaped.costly, text, report, isEnough);
  yield* crossCheck(validated.output, (path, message) => {
    const place = placeOf(shaped.places, path);
    report(writtenPath(place), place.node.start, message);
  });
  const isGood = validated.isGood && costly.isGood && shaped.isWithinBounds && problems.count === 0;
  if (!isGood) return { kind: "problems", problems: problems.list(file) };

  const input = validated.output as ConfigInput;
  const config = yield* buildConfig(input, costly.patterns);
  const warnings = new Problems();
  yield* remark(input, config, shaped, text, say(warnings), () => warnings.count >= MAX_PROBLEMS);
  return { kind: "ok", config, warnings: warnings.list(file) };
}

/** Warnings stand at the key, or inside the text that they are about. */
function* remark(
  input: ConfigInput,
  config: Config,
  { places }: Shaped,
  text: string,
  report: ReportAt,
  isEnough: () => boolean,
): Steps<void> {
  const atKey: ReportPath = (path, message) => {
    const place = placeOf(places, path);
    report(writtenPath(place), place.keyStart ?? place.node.start, message);
  };
  const inText: ReportInText = (path, message, index) => {
    const place = placeOf(places, path);
    const { node } = place;
    const offset = node.kind === "scalar" ? offsetInFile(text, node, index) : node.start;
    report(writtenPath(place), offset, message);
  };
  yield* warn(input, config, atKey, inText, isEnough);
}

export function tooLarge(file: string): Problem {
  return ofFile(file, `larger than ${MAX_FILE_BYTES} bytes`);
}
