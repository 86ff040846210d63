/**
 * The pieces that the schema is put together from. Each carries, as valibot's message, the words that come after
 * "expected" when something else is found. Numbers, `true` and `false` are taken as text where text is wanted, and
 * `yes`, `no`, `on`, `off` as true and false (see shape.ts): the original's reader did so too.
 */
import * as v from "valibot";
import { parseGoDuration } from "../base/duration.ts";
import { MAX_ITEMS } from "./limits.ts";

/** What a check has against a value: the message, and for text the character that it is about. */
export interface Finding {
  readonly message: string;
  readonly index?: number;
}

/** A test of one value. The finding is asked for again when the problem is written: valibot would keep only text. */
export interface Test<T> {
  (value: T): boolean;
  readonly find: (value: T) => Finding | undefined;
}

/** Refuses what `find` has something against. */
export function check<T>(find: (value: T) => Finding | undefined): v.CheckAction<T, undefined> {
  const test: Test<T> = Object.assign((value: T) => find(value) === undefined, { find });
  return v.check(test);
}

/** What a check has against the keys of one mapping: the message, and the key it is about. */
export interface Clash {
  readonly key?: string;
  readonly message: string;
}

/** A mapping as it was found: any of its values may be of a wrong type. */
export type Found = Readonly<Record<string, unknown>>;

/** Refuses keys that don't go together. Runs also when some of the values are wrong, so that nothing stays unsaid. */
export function together<T>(find: (found: Found) => readonly Clash[]): v.RawCheckAction<T> {
  return v.rawCheck(({ dataset, addIssue }) => {
    const found = dataset.value as unknown;
    if (typeof found !== "object" || found === null) return;
    for (const { key, message } of find(found as Found)) {
      if (key === undefined) addIssue({ message });
      else {
        const input = found as Record<string, unknown>;
        addIssue({ message, path: [{ type: "object", origin: "key", input, key, value: input[key] }] });
      }
    }
  });
}

/** A mapping with these keys and no others. */
export function keys<E extends v.ObjectEntries>(entries: E): v.StrictObjectSchema<E, string> {
  return v.strictObject(entries, "a mapping");
}

/** A list of at most so many items; of a longer one no more is looked at (see shape.ts). */
export function list<S extends v.GenericSchema>(item: S, max = MAX_ITEMS) {
  return v.pipe(v.array(item, "a list"), v.maxLength(max, `a list of at most ${max}`));
}

export function flag(): v.BooleanSchema<string> {
  return v.boolean("true or false");
}

export function text(words = "text"): v.StringSchema<string> {
  return v.string(words);
}

/** Text that says something. */
export function someText(words = "text that is not empty") {
  return v.pipe(v.string(words), v.nonEmpty(words));
}

export function oneOf<const T extends readonly string[]>(...choices: T): v.PicklistSchema<T, string> {
  const quoted = choices.map((choice) => JSON.stringify(choice));
  return v.picklist(choices, quoted.length > 2 ? `one of ${quoted.join(", ")}` : quoted.join(" or "));
}

export function wholeNumber(min: number, max: number) {
  const words = `a whole number from ${min} to ${max}`;
  return v.pipe(v.number(words), v.integer(words), v.minValue(min, words), v.maxValue(max, words));
}

export function share() {
  const words = "a number from 0 to 1";
  return v.pipe(v.number(words), v.minValue(0, words), v.maxValue(1, words));
}

/** Go's duration syntax, from `minMs` to `maxMs`. */
export function duration(minMs: number, maxMs: number, range: string) {
  const words = `a duration ${range}, such as "300ms" or "1m30s"`;
  return v.pipe(
    v.string(words),
    check<string>((text) => {
      const ms = parseGoDuration(text);
      return ms !== undefined && ms >= minMs && ms <= maxMs ? undefined : expected(words);
    }),
  );
}

/** Texts that take a millisecond or more to check: patterns, and queries evaluated at an instant or over a range. */
export type Costly = "pattern" | "instant" | "range";

/** What the schema says of a value besides its type and bounds. */
export interface Metadata {
  readonly secret?: true | "as text";
  readonly costly?: Costly;
}

/** Text that is not checked with all the rest but afterwards, one at a time: see costly.ts. */
export function costly(kind: Costly, words: string) {
  return v.pipe(v.string(words), v.metadata({ costly: kind }));
}

/** An RE2 pattern. */
export function pattern() {
  return costly("pattern", "a regular expression");
}

/** Text of which `isGood` holds. */
export function textThat(isGood: (text: string) => boolean, words: string) {
  return v.pipe(v.string(words), check<string>((text) => isGood(text) ? undefined : expected(words)));
}

/** Kinds of YAML node that tell the options of `either` apart. */
export type NodeKind = "text" | "number" | "map" | "list";

/** One of several shapes, told apart by the kind of node. */
export function either<O extends Partial<Record<NodeKind, v.GenericSchema>>>(options: O, words: string) {
  type Option = Extract<O[keyof O], v.GenericSchema>;
  const none: v.GenericSchema = v.custom<never>(() => false, words);
  // Asked without a value by the maker of the JSON Schema, which takes all options afterwards.
  const [first] = Object.values(options);
  const pick = (input: unknown) =>
    (input === undefined ? first : options[kindOf(input)] ?? none) as unknown as Option;
  return Object.assign(v.lazy(pick), { options });
}

function kindOf(input: unknown): NodeKind {
  if (Array.isArray(input)) return "list";
  if (typeof input === "object" && input !== null) return "map";
  return typeof input === "number" ? "number" : "text";
}

/** Gives a key the sentence that editors show. */
export function about<S extends v.GenericSchema>(schema: S, description: string) {
  return v.pipe(schema, v.description(description));
}

/** Everything below is a secret: no message repeats it. */
export function secret<S extends v.GenericSchema>(schema: S) {
  return v.pipe(schema, v.metadata({ secret: true }));
}

/** What is below may hold secrets, so that text in its place is one most likely: `env: [TOKEN=…]`. */
export function holdsSecrets<S extends v.GenericSchema>(schema: S) {
  return v.pipe(schema, v.metadata({ secret: "as text" }));
}

function expected(words: string): Finding {
  return { message: `${EXPECTED}${words}` };
}

/** A finding that starts like this gets `, found …` at its end, where the found is no secret. */
export const EXPECTED = "expected ";
