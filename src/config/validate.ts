import * as v from "valibot";
import { guess } from "./guess.ts";
import { EXPECTED, type Finding, type Test } from "./leaf.ts";
import { formatPath, type Path, quote } from "./problem.ts";
import { offsetInFile } from "./scalar_position.ts";
import type { Place, ReportAt, Shaped } from "./shape.ts";
import { describeNode } from "./yaml_tree.ts";

/**
 * Checks shaped values against the schema and reports every issue where it stands in the file.
 * @returns the values with defaults filled in; parts that had issues are as they were found
 */
export function validate<S extends v.GenericSchema>(
  schema: S,
  { value, places }: Shaped,
  text: string,
  report: ReportAt,
): { readonly output: unknown; readonly isGood: boolean } {
  const result = v.safeParse(schema, value);
  const told = new Set<string>();
  for (const issue of result.issues ?? []) {
    const path = pathOf(issue);
    const written = new Written(places, path, issue);
    // A number that is neither whole nor in range is one mistake.
    const once = `${formatPath(path)} ${issue.type === "raw_check" ? issue.message : ""}`;
    if (told.has(once)) continue;
    told.add(once);
    const { message, offset } = written.describe(text);
    report(written.path, offset, message);
  }
  return { output: result.output, isGood: result.success };
}

function pathOf(issue: v.BaseIssue<unknown>): Path {
  return (issue.path ?? []).map(({ key }) => typeof key === "number" ? key : String(key));
}

/** One issue, put into words. */
class Written {
  readonly path: Path;
  readonly #issue: v.BaseIssue<unknown>;
  /** Where the value stands; where it is missing, its parent. */
  readonly #place: Place;
  readonly #isMissing: boolean;

  constructor(places: ReadonlyMap<string, Place>, path: Path, issue: v.BaseIssue<unknown>) {
    const own = places.get(formatPath(path));
    this.#issue = issue;
    this.#isMissing = own === undefined;
    this.#place = own ?? nearest(places, path);
    this.path = own ? own.written : [...this.#place.written, ...path.slice(this.#place.written.length)];
  }

  describe(text: string): { message: string; offset: number } {
    const { node, keyStart, secret } = this.#place;
    const { type, message, input } = this.#issue;
    const isKey = this.#issue.path?.at(-1)?.origin === "key";
    if (type === "raw_check") return { message, offset: (isKey ? keyStart : undefined) ?? node.start };
    if (this.#isMissing) return { message: "missing", offset: node.start };
    const finding = this.#finding();
    const found = secret || isKey ? "" : this.#guess();
    if (finding && finding.index !== undefined && node.kind === "scalar") {
      return { message: finding.message, offset: offsetInFile(text, node, finding.index) };
    }
    const words = finding?.message ?? `${EXPECTED}${message}`;
    const what = isKey ? (secret ? "another name" : quote(String(input))) : describeNode(node, secret);
    const whole = words.startsWith(EXPECTED) ? `${words}, found ${what}${found}` : words;
    return { message: whole, offset: (isKey ? keyStart : undefined) ?? node.start };
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
    if (schema.type !== "picklist" || typeof input !== "string") return "";
    const meant = guess(input, (schema as v.PicklistSchema<readonly string[], undefined>).options);
    return meant === undefined ? "" : `, did you mean ${quote(meant)}?`;
  }
}

/** The lowest place above a path that the file has. The root is always there. */
function nearest(places: ReadonlyMap<string, Place>, path: Path): Place {
  for (let length = path.length - 1; length > 0; length--) {
    const place = places.get(formatPath(path.slice(0, length)));
    if (place) return place;
  }
  return places.get("")!;
}
