import { schemaText } from "./json_schema.ts";

/** A JSON schema, as far as it is looked into here. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly additionalProperties?: boolean | SchemaNode;
}

export interface ConfigKey {
  /** Such as `egress.probes[].name`. */
  readonly path: string;
  readonly node: SchemaNode;
}

/** Every key of the configuration, from the top down. */
export function configKeys(): ConfigKey[] {
  return [...keysOf(JSON.parse(schemaText()))];
}

function* keysOf(node: SchemaNode, path = ""): Iterable<ConfigKey> {
  for (const [key, below] of Object.entries(node.properties ?? {})) {
    const own = path === "" ? key : `${path}.${key}`;
    yield { path: own, node: below };
    yield* keysOf(below, own);
  }
  for (const option of node.anyOf ?? []) yield* keysOf(option, path);
  if (node.items) yield* keysOf(node.items, `${path}[]`);
}
