/** Lays the tree of a YAML file on the schema: names keys that the schema doesn't know, and gives plain values. */
import * as v from "valibot";
import { guess } from "./guess.ts";
import { quote } from "../base/text.ts";
import { formatPath, type Path } from "./problem.ts";
import type { Entry, MapNode, ScalarNode, TreeNode } from "./yaml_tree.ts";

/** Where a value came from. */
export interface Place {
  readonly node: TreeNode;
  /** Offset of the key, where it stands in a mapping. */
  readonly keyStart: number | undefined;
  /** Path as the file has it: with the keys that were written, not those that were meant. */
  readonly written: Path;
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
  /** Nodes that are a secret somewhere: an alias may have brought them to other places too. */
  readonly secrets: ReadonlySet<TreeNode>;
  /** Nothing else is worth saying: aliases made the file too large to be looked at. */
  readonly isTooLarge: boolean;
}

export type ReportAt = (written: Path, offset: number, message: string) => void;

/** Nodes that are looked at: aliases can make a small file large. */
const MAX_NODES = 200_000;

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

export function shape(root: TreeNode, schema: v.GenericSchema, report: ReportAt): Shaped {
  const shaper = new Shaper(report);
  const value = shaper.shape({ node: root, keyStart: undefined, written: [], secret: false, schema }, []);
  return { value, places: shaper.places, secrets: shaper.secrets, isTooLarge: shaper.isTooLarge };
}

/** The place of a path, or of the lowest one above it that the file has: defaults stand nowhere. The root is always there. */
export function placeOf(places: ReadonlyMap<string, Place>, path: Path): Place {
  for (let length = path.length; length > 0; length--) {
    const place = places.get(formatPath(path.slice(0, length)));
    if (place) return place;
  }
  return places.get("")!;
}

class Shaper {
  readonly places = new Map<string, Place>();
  readonly secrets = new Set<TreeNode>();
  readonly #report: ReportAt;
  #nodes = 0;
  #guesses = 0;

  constructor(report: ReportAt) {
    this.#report = report;
  }

  get isTooLarge(): boolean {
    return this.#nodes > MAX_NODES;
  }

  shape(given: Place, path: Path): unknown {
    const { node } = given;
    if (++this.#nodes > MAX_NODES) return null;
    const { schema, secret } = resolve(given.schema, node, given.secret);
    const place = { ...given, schema, secret };
    this.places.set(formatPath(path), place);
    if (secret) this.secrets.add(node);
    switch (node.kind) {
      case "map":
        return isObject(schema)
          ? this.#keys(node, schema.entries, place, path)
          : this.#record(node, place, path);
      case "list": {
        if (!isArray(schema)) return isObject(schema) || isRecord(schema) ? null : [];
        return node.items.map((item, i) => this.#below(place, item, undefined, i, i, schema.item, path));
      }
      case "scalar":
        return scalarFor(node, schema);
    }
  }

  #below(
    { written, secret }: Place,
    node: TreeNode,
    keyStart: number | undefined,
    writtenStep: string | number,
    step: string | number,
    schema: v.GenericSchema,
    path: Path,
  ): unknown {
    return this.shape({ node, keyStart, written: [...written, writtenStep], secret, schema }, [
      ...path,
      step,
    ]);
  }

  /** A key that nearly has the right name is read as that one, so that what is below it is checked too. */
  #keys(node: MapNode, entries: v.ObjectEntries, place: Place, path: Path): unknown {
    const value: Record<string, unknown> = Object.create(null);
    const free = Object.keys(entries).filter((key) => !node.entries.has(key));
    for (const [key, entry] of node.entries) {
      let meant: string | undefined = key;
      if (!Object.hasOwn(entries, key)) {
        meant = this.#guess(key, free) ?? this.#guess(key, Object.keys(entries));
        this.#unknown(key, entry, meant, entries, place);
        if (meant === undefined || node.entries.has(meant) || meant in value) continue;
      }
      const schema = entries[meant] as v.GenericSchema;
      const below = this.#below(place, entry.node, entry.keyStart, key, meant, schema, path);
      if (!isNothing(entry.node)) value[meant] = below;
    }
    return value;
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
    const known = Object.keys(entries);
    const hint = meant !== undefined
      ? `, did you mean ${quote(meant)}?`
      : known.length <= 8
      ? `; known here: ${known.join(", ")}`
      : "";
    const written = place.secret ? place.written : [...place.written, key];
    this.#report(written, keyStart, `unknown key${hint}`);
  }

  #record(node: MapNode, place: Place, path: Path): unknown {
    const { schema, written, secret } = place;
    const value: Record<string, unknown> = Object.create(null);
    if (!isRecord(schema)) return value;
    for (const [key, entry] of node.entries) {
      if (UNUSABLE.has(key)) {
        this.#report(secret ? written : [...written, key], entry.keyStart, "this name can't be used");
      } else {
        value[key] = this.#below(place, entry.node, entry.keyStart, key, key, schema.value, path);
      }
    }
    return value;
  }
}

function isNothing(node: TreeNode): boolean {
  return node.kind === "scalar" && node.value === null;
}

/** Unwraps what stands around the schema of a node: options, defaults, choices between kinds; notes secrets on the way. */
function resolve(
  schema: v.GenericSchema,
  node: TreeNode,
  secret: boolean,
): { schema: v.GenericSchema; secret: boolean } {
  for (;;) {
    secret ||= isSecret(schema, node);
    const wrapper = schema as {
      wrapped?: v.GenericSchema;
      options?: unknown;
      getter?: (input: unknown) => v.GenericSchema;
    };
    if (wrapper.wrapped) schema = wrapper.wrapped;
    else if (wrapper.getter) schema = wrapper.getter(sampleOf(node));
    else return { schema, secret };
  }
}

/** A value of the node's kind, for a choice that looks at nothing else. */
function sampleOf(node: TreeNode): unknown {
  return node.kind === "map" ? {} : node.kind === "list" ? [] : node.value;
}

function isSecret(schema: v.GenericSchema, node: TreeNode): boolean {
  const metadata: { secret?: true | "as text" } = v.getMetadata(
    schema as v.SchemaWithPipe<readonly [v.GenericSchema]>,
  );
  return metadata.secret === true || (metadata.secret === "as text" && node.kind === "scalar");
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
