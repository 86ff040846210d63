import * as v from "valibot";
import { guess } from "./guess.ts";
import { EXPECTED, type Finding, type Test } from "./leaf.ts";
import { quote } from "../base/text.ts";
import { formatPath, type Path } from "./problem.ts";
import { offsetInFile } from "./scalar_position.ts";
import { type Place, placeOf, type ReportAt, type Shaped } from "./shape.ts";
import { describeNode } from "./yaml_tree.ts";

/**
 * Checks shaped values against the schema and reports every issue where it stands in the file.
 * @returns the values with defaults filled in; parts that had issues are as they were found
 */
export function validate<S extends v.GenericSchema>(
  schema: S,
  shaped: Shaped,
  text: string,
  report: ReportAt,
): { readonly output: unknown; readonly isGood: boolean } {
  const result = v.safeParse(schema, shaped.value);
  const told = new Set<string>();
  for (const issue of result.issues ?? []) {
    const path = pathOf(issue);
    const written = new Written(shaped, path, issue);
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
    this.path = own ? own.written : [...this.#place.written, ...path.slice(this.#place.written.length)];
  }

  describe(text: string): { message: string; offset: number } {
    const { node, keyStart } = this.#place;
    const { type, message } = this.#issue;
    const isKey = this.#issue.path?.at(-1)?.origin === "key";
    const offset = (isKey ? keyStart : undefined) ?? node.start;
    if (type === "raw_check") return { message, offset };
    if (type === "strict_object" && isKey) {
      // Either there is no such key, or nothing stands behind it.
      const isWritten = this.#place.written.length === this.path.length;
      return { message: MISSING, offset: isWritten ? offset : node.start };
    }
    const finding = this.#finding();
    if (finding && finding.index !== undefined && node.kind === "scalar") {
      return { message: finding.message, offset: offsetInFile(text, node, finding.index) };
    }
    const words = finding?.message ?? `${EXPECTED}${message}`;
    return { message: words.startsWith(EXPECTED) ? `${words}, found ${this.#found(isKey)}` : words, offset };
  }

  #found(isKey: boolean): string {
    if (!isKey) return describeNode(this.#place.node, this.#isSecret) + this.#guess();
    return this.#isSecret ? "another name" : quote(String(this.#issue.input));
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
