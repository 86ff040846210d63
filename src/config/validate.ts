import * as v from "valibot";
import { guess } from "./guess.ts";
import { wrongValueHint } from "./hints.ts";
import { EXPECTED, type Finding, type Test } from "./leaf.ts";
import type { Steps } from "../base/steps.ts";
import { quote } from "../base/text.ts";
import { formatPath, type Path } from "./problem.ts";
import { offsetInFile } from "./scalar_position.ts";
import { type Place, placeOf, type ReportAt, type Shaped, writtenPath } from "./shape.ts";
import { describeNode } from "./yaml_tree.ts";

/** Lists that may be long: their items are checked one at a time, the rest of the file without them. */
const LONG_LISTS: readonly (readonly string[])[] = [["egress", "probes"], [
  "ingress",
  "httpServer",
  "health",
]];

/**
 * Checks shaped values against the schema and reports every issue where it stands in the file.
 * @param isEnough whether so much has been reported that the rest needs no look
 * @returns the values with defaults filled in; parts that had issues are as they were found
 */
export function* validate<S extends v.GenericSchema>(
  schema: S,
  shaped: Shaped,
  text: string,
  report: ReportAt,
  isEnough: () => boolean,
): Steps<{ readonly output: unknown; readonly isGood: boolean }> {
  let isGood = true;
  const check = (schema: v.GenericSchema, value: unknown, above: Path): unknown => {
    const result = v.safeParse(schema, value);
    isGood &&= result.success;
    reportIssues(result.issues ?? [], above, shaped, text, report);
    return result.output;
  };
  const long = LONG_LISTS.flatMap((path) => {
    const [list, owner] = [at(shaped.value, path), at(shaped.value, path.slice(0, -1))];
    return Array.isArray(list) ? [{ path, list, owner: owner as Values }] : [];
  });
  for (const { owner, path } of long) owner[path.at(-1)!] = [];
  yield;
  const output = check(schema, shaped.value, []);
  for (const { path, list } of long) {
    const { schema } = shaped.places.get(formatPath(path))!;
    const item = (schema as v.ArraySchema<v.GenericSchema, string>).item;
    const checked: unknown[] = [];
    for (const [i, value] of list.entries()) {
      if (isEnough()) break;
      yield;
      checked.push(check(item, value, [...path, i]));
    }
    const owner = at(output, path.slice(0, -1));
    if (isValues(owner)) owner[path.at(-1)!] = checked;
  }
  return { output, isGood };
}

type Values = Record<string, unknown>;

function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => isValues(value) ? value[key] : undefined, value);
}

function reportIssues(
  issues: readonly v.BaseIssue<unknown>[],
  above: Path,
  shaped: Shaped,
  text: string,
  report: ReportAt,
): void {
  const told = new Set<string>();
  for (const issue of issues) {
    const path = [...above, ...pathOf(issue)];
    const written = new Written(shaped, path, issue);
    // A number that is neither whole nor in range is one mistake.
    const once = `${formatPath(path)} ${issue.type === "raw_check" ? issue.message : ""}`;
    if (told.has(once)) continue;
    told.add(once);
    const { message, offset } = written.describe(text);
    report(written.path, offset, message);
  }
}

function pathOf(issue: v.BaseIssue<unknown>): Path {
  return (issue.path ?? []).map(({ key }) => typeof key === "number" ? key : String(key));
}

/** A key that must be there, and is not. */
export const MISSING = "missing";

/** One issue, put into words. */
class Written {
  readonly path: Path;
  readonly #issue: v.BaseIssue<unknown>;
  /** Where the value stands; where there is none, its parent. */
  readonly #place: Place;
  readonly #isSecret: boolean;

  constructor({ places, secrets }: Shaped, path: Path, issue: v.BaseIssue<unknown>) {
    const own = places.get(formatPath(path));
    this.#issue = issue;
    this.#place = own ?? placeOf(places, path);
    this.#isSecret = this.#place.secret || secrets.has(this.#place.node);
    const written = writtenPath(this.#place);
    this.path = own ? written : [...written, ...path.slice(written.length)];
  }

  describe(text: string): { message: string; offset: number } {
    const { node, keyStart } = this.#place;
    const { type, message } = this.#issue;
    const isKey = this.#issue.path?.at(-1)?.origin === "key";
    const offset = (isKey ? keyStart : undefined) ?? node.start;
    if (type === "raw_check") return { message, offset };
    if (type === "strict_object" && isKey) {
      // Either there is no such key, or nothing stands behind it.
      const isWritten = writtenPath(this.#place).length === this.path.length;
      return { message: MISSING, offset: isWritten ? offset : node.start };
    }
    const finding = this.#finding();
    if (finding && finding.index !== undefined && node.kind === "scalar") {
      return { message: finding.message, offset: offsetInFile(text, node, finding.index) };
    }
    const words = finding?.message ?? `${EXPECTED}${message}`;
    return {
      message: words.startsWith(EXPECTED) ? `${words}, found ${this.#found(isKey, text)}` : words,
      offset,
    };
  }

  #found(isKey: boolean, text: string): string {
    if (!isKey) return describeNode(this.#place.node, this.#isSecret) + this.#guess() + this.#hint(text);
    return this.#isSecret ? "another name" : quote(String(this.#issue.input));
  }

  #hint(text: string): string {
    if (this.#isSecret) return "";
    const { node, schema } = this.#place;
    return wrongValueHint(node, schema.type, String(this.path.at(-1)), text);
  }

  /** What one of our own checks found, with the place inside the value. */
  #finding(): Finding | undefined {
    const { requirement, input } = this.#issue;
    return typeof requirement === "function" && "find" in requirement
      ? (requirement as Test<unknown>).find(input)
      : undefined;
  }

  #guess(): string {
    const { schema } = this.#place;
    const { input } = this.#issue;
    if (schema.type !== "picklist" || typeof input !== "string" || this.#isSecret) return "";
    const meant = guess(input, (schema as v.PicklistSchema<readonly string[], undefined>).options);
    return meant === undefined ? "" : `, did you mean ${quote(meant)}?`;
  }
}
