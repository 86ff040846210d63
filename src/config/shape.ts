/** Lays the tree of a YAML file on the schema: names keys that the schema doesn't know, and gives plain values. */
import * as v from "valibot";
import { guess } from "./guess.ts";
import { isKubernetesObject, isSecondsFor, KUBERNETES_OBJECT, unknownKeyHint } from "./hints.ts";
import type { Steps } from "../base/steps.ts";
import type { Costly, Metadata } from "./leaf.ts";
import { MAX_KEYS, MAX_VALUES } from "./limits.ts";
import { joinedPath, type Path } from "./problem.ts";
import type { Entry, ListNode, MapNode, ScalarNode, TreeNode } from "./yaml_tree.ts";

/** Where a value came from. */
export interface Place {
  readonly node: TreeNode;
  /** Offset of the key, where it stands in a mapping. */
  readonly keyStart: number | undefined;
  /** The place above; the root has none. */
  readonly parent: Place | undefined;
  /** Last step of its path as the file has it: the key that was written, not the one that was meant. */
  readonly step: string | number;
  readonly secret: boolean;
  /** The kind of value that the schema wants here. */
  readonly schema: v.GenericSchema;
}

export interface Shaped {
  /**
   * Plain values. Keys with nothing in them are left out, for the original's reader took `probes:` as not given. What
   * is of a wrong kind is null or an empty mapping, which the schema refuses in its place.
   */
  readonly value: unknown;
  /** By the path that was meant, as `formatPath` writes it. */
  readonly places: ReadonlyMap<string, Place>;
  /** Texts that take long to check, in the order of the file. */
  readonly costly: readonly CostlyText[];
  /** Whether all lists and mappings are as short as they have to be. */
  readonly isWithinBounds: boolean;
  /** Nodes that are a secret somewhere: an alias may have brought them to other places too. */
  readonly secrets: ReadonlySet<TreeNode>;
  /** Nothing else is worth saying: aliases made the file too large to be looked at. */
  readonly isTooLarge: boolean;
}

/** A text whose check is put off, so that there can be a pause before each. */
export interface CostlyText {
  readonly kind: Costly;
  readonly text: string;
  readonly place: Place;
}

export type ReportAt = (written: Path, offset: number, message: string) => void;

/** Values between two yields. */
const STEP_VALUES = 32;

/** Unknown keys for which a guess is made: past so many it is not a slip of the pen. */
const MAX_GUESSES = 100;

/** Names that JavaScript objects treat as their own; valibot would drop them without a word. */
const UNUSABLE = new Set(["__proto__", "constructor", "prototype"]);

/** Plain scalars that YAML 1.1, and so the original's reader, takes for true and false. */
const OLD_FLAGS: Readonly<Record<string, boolean>> = {
  y: true,
  yes: true,
  on: true,
  n: false,
  no: false,
  off: false,
};

/**
 * Takes time about linear in the number of values, and ends early once enough is wrong.
 * @param isEnough whether so much has been reported that the rest needs no look
 */
export function* shape(
  root: TreeNode,
  schema: v.GenericSchema,
  report: ReportAt,
  isEnough: () => boolean,
): Steps<Shaped> {
  const shaper = new Shaper(report, isEnough);
  const value = yield* shaper.shape(
    { node: root, keyStart: undefined, parent: undefined, step: "", secret: false, schema },
    "",
  );
  const { places, secrets, costly, isTooLarge, isWithinBounds } = shaper;
  return { value, places, secrets, costly, isTooLarge, isWithinBounds };
}

/** Path of a place as the file has it. */
export function writtenPath(place: Place): Path {
  const path: (string | number)[] = [];
  for (let at = place; at.parent; at = at.parent) path.unshift(at.step);
  return path;
}

/** The place of a path, or of the lowest one above it that the file has: defaults stand nowhere. The root is always there. */
export function placeOf(places: ReadonlyMap<string, Place>, path: Path): Place {
  let place = places.get("")!;
  let name = "";
  for (const step of path) {
    name = joinedPath(name, step);
    const below = places.get(name);
    if (!below) break;
    place = below;
  }
  return place;
}

class Shaper {
  readonly places = new Map<string, Place>();
  readonly secrets = new Set<TreeNode>();
  readonly costly: CostlyText[] = [];
  isWithinBounds = true;
  readonly #report: ReportAt;
  readonly #isEnough: () => boolean;
  #values = 0;
  #yieldAt = STEP_VALUES;
  #guesses = 0;

  constructor(report: ReportAt, isEnough: () => boolean) {
    this.#report = report;
    this.#isEnough = isEnough;
  }

  get isTooLarge(): boolean {
    return this.#values > MAX_VALUES;
  }

  /** `meant`: the path by which the place is to be found. */
  *shape(given: Place, meant: string): Steps<unknown> {
    if (given.node.kind === "scalar") return this.#scalar(given, given.node, meant);
    const { node } = given;
    const place = this.#take(given, meant);
    if (!place) return null;
    if (this.#values >= this.#yieldAt) {
      this.#yieldAt = this.#values + STEP_VALUES;
      yield;
    }
    const { schema } = place;
    if (node.kind === "map") {
      return isObject(schema)
        ? yield* this.#keys(node, schema.entries, place, meant)
        : yield* this.#record(node, place, meant);
    }
    if (!isArray(schema)) return isObject(schema) || isRecord(schema) ? null : [];
    return yield* this.#list(node, schema, place, meant);
  }

  #scalar(given: Place, node: ScalarNode, meant: string): unknown {
    const place = this.#take(given, meant);
    if (!place) return null;
    const value = scalarFor(node, place.schema);
    if (place.costly && typeof value === "string") {
      this.costly.push({ kind: place.costly, text: value, place });
    }
    return value;
  }

  /** @returns the place with what its schema says, or nothing when there are too many */
  #take(given: Place, meant: string): Place & { readonly costly: Costly | undefined } | undefined {
    if (++this.#values > MAX_VALUES) return undefined;
    const place = { ...given, ...resolve(given.schema, given.node, given.secret) };
    this.places.set(meant, place);
    if (place.secret) this.secrets.add(given.node);
    return place;
  }

  /** Of a list that is too long only the beginning is looked at. */
  *#list(
    { items }: ListNode,
    schema: v.ArraySchema<v.GenericSchema, string>,
    place: Place,
    meant: string,
  ): Steps<unknown[]> {
    const max = longestOf(schema);
    this.#bounded(items.length, max, place);
    const values: unknown[] = [];
    for (const [i, node] of items.slice(0, max).entries()) {
      const item = {
        node,
        keyStart: undefined,
        parent: place,
        step: i,
        secret: place.secret,
        schema: schema.item,
      };
      const name = joinedPath(meant, i);
      values.push(
        node.kind === "scalar" ? this.#scalar(item, node, name) : yield* this.shape(item, name),
      );
    }
    return values;
  }

  #bounded(count: number, max: number, place: Place): void {
    if (count <= max) return;
    this.isWithinBounds = false;
    this.#report(writtenPath(place), place.node.start, `${count} are too many; at most ${max} are allowed`);
  }

  /** A key that nearly has the right name is read as that one, so that what is below it is checked too. */
  *#keys(node: MapNode, entries: v.ObjectEntries, place: Place, meant: string): Steps<unknown> {
    const value: Record<string, unknown> = Object.create(null);
    if (!place.parent && isKubernetesObject(node.entries)) {
      this.#report([], node.start, KUBERNETES_OBJECT);
      return value;
    }
    const known = Object.keys(entries);
    const free = known.filter((key) => !node.entries.has(key));
    for (const [written, entry] of node.entries) {
      let key: string | undefined = written;
      if (!Object.hasOwn(entries, written)) {
        if (this.#isEnough()) break;
        yield;
        key = this.#guess(written, free) ?? this.#guess(written, known);
        this.#unknown(written, entry, key, entries, place);
        if (key === undefined || node.entries.has(key) || key in value || isSecondsFor(written, key)) {
          continue;
        }
      }
      const given = this.#placeOf(entry, written, place, entries[key] as v.GenericSchema);
      const name = joinedPath(meant, key);
      const below = entry.node.kind === "scalar"
        ? this.#scalar(given, entry.node, name)
        : yield* this.shape(given, name);
      if (!isNothing(entry.node)) value[key] = below;
    }
    return value;
  }

  #placeOf({ node, keyStart }: Entry, step: string, parent: Place, schema: v.GenericSchema): Place {
    return { node, keyStart, parent, step, secret: parent.secret, schema };
  }

  #guess(key: string, known: readonly string[]): string | undefined {
    return ++this.#guesses > MAX_GUESSES ? undefined : guess(key, known);
  }

  #unknown(
    key: string,
    { keyStart }: Entry,
    meant: string | undefined,
    entries: v.ObjectEntries,
    place: Place,
  ): void {
    const hint = unknownKeyHint(key, meant, { entries, above: keysAbove(place) });
    this.#report(this.#pathOf(key, place), keyStart, `unknown key${hint}`);
  }

  /** Where secrets stand, a key may be one. */
  #pathOf(key: string, place: Place): Path {
    const path = writtenPath(place);
    return place.secret ? path : [...path, key];
  }

  *#record(node: MapNode, place: Place, meant: string): Steps<unknown> {
    const { schema } = place;
    const value: Record<string, unknown> = Object.create(null);
    if (!isRecord(schema)) return value;
    this.#bounded(node.entries.size, MAX_KEYS, place);
    let left = MAX_KEYS;
    for (const [key, entry] of node.entries) {
      if (left-- === 0) break;
      if (UNUSABLE.has(key)) {
        this.#report(this.#pathOf(key, place), entry.keyStart, "this name can't be used");
      } else {
        const given = this.#placeOf(entry, key, place, schema.value);
        const name = joinedPath(meant, key);
        value[key] = entry.node.kind === "scalar"
          ? this.#scalar(given, entry.node, name)
          : yield* this.shape(given, name);
      }
    }
    return value;
  }
}

/** Keys of the next mapping above a place. */
function keysAbove({ parent }: Place): v.ObjectEntries | undefined {
  return parent && isObject(parent.schema) ? parent.schema.entries : undefined;
}

/** The bound that the schema sets to a list, at whatever depth of its pipes. */
function longestOf(schema: v.GenericSchema): number {
  const bound = maxLengthIn(schema);
  if (bound === undefined) throw new Error("Cannot shape a list that has no bound");
  return bound;
}

function maxLengthIn(
  part: { readonly type?: unknown; readonly requirement?: unknown; readonly pipe?: unknown },
): number | undefined {
  if (part.type === "max_length") return part.requirement as number;
  const pipe = (part.pipe ?? []) as readonly { readonly type: string }[];
  for (const inner of pipe) {
    if (inner === part) continue;
    const bound = maxLengthIn(inner);
    if (bound !== undefined) return bound;
  }
  return undefined;
}

function isNothing(node: TreeNode): boolean {
  return node.kind === "scalar" && node.value === null;
}

/** Unwraps what stands around the schema of a node: options, defaults, choices between kinds; notes secrets on the way. */
function resolve(
  schema: v.GenericSchema,
  node: TreeNode,
  secret: boolean,
): { schema: v.GenericSchema; secret: boolean; costly: Costly | undefined } {
  let costly: Costly | undefined;
  for (;;) {
    const metadata = metadataOf(schema);
    secret ||= metadata.secret === true || (metadata.secret === "as text" && node.kind === "scalar");
    costly ??= metadata.costly;
    const wrapper = schema as {
      wrapped?: v.GenericSchema;
      options?: unknown;
      getter?: (input: unknown) => v.GenericSchema;
    };
    if (wrapper.wrapped) schema = wrapper.wrapped;
    else if (wrapper.getter) schema = wrapper.getter(sampleOf(node));
    else return { schema, secret, costly };
  }
}

/** A value of the node's kind, for a choice that looks at nothing else. */
function sampleOf(node: TreeNode): unknown {
  return node.kind === "map" ? {} : node.kind === "list" ? [] : node.value;
}

function metadataOf(schema: v.GenericSchema): Metadata {
  return v.getMetadata(schema as v.SchemaWithPipe<readonly [v.GenericSchema]>);
}

function scalarFor({ value, source, style }: ScalarNode, schema: v.GenericSchema): unknown {
  if (schema.type === "string" && (typeof value === "number" || typeof value === "boolean")) return source;
  if (schema.type === "boolean" && typeof value === "string" && style === "plain") {
    return OLD_FLAGS[value.toLowerCase()] ?? value;
  }
  return value;
}

function isObject(schema: v.GenericSchema): schema is v.StrictObjectSchema<v.ObjectEntries, string> {
  return schema.type === "strict_object";
}

function isArray(schema: v.GenericSchema): schema is v.ArraySchema<v.GenericSchema, string> {
  return schema.type === "array";
}

function isRecord(
  schema: v.GenericSchema,
): schema is v.RecordSchema<v.GenericSchema<string, string>, v.GenericSchema, string> {
  return schema.type === "record";
}
