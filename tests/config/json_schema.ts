/**
 * `deno task schema`: writes `bunny.schema.json`, with which editors complete and explain `bunny.yaml`. It is made from
 * the schema that reads the file, and made here rather than in src: the running service has no use for it.
 */
import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { configSchema } from "../../src/config/schema.ts";

export const SCHEMA_FILE = new URL("../../bunny.schema.json", import.meta.url);

/** What the schema says to our own reader: no keyword of JSON Schema. */
const OURS = new Set(["secret", "costly"]);

/** The schema file's text. */
export function schemaText(): string {
  const { $schema, ...schema } = convert(configSchema);
  const titled = { $schema, title: "Bunny's configuration", ...schema };
  return `${JSON.stringify(titled, (key, value) => OURS.has(key) ? undefined : unmarked(key, value), 2)}\n`;
}

/** What is taken as text where text is wanted: `value: 1000` of a variable, `value: true` of a header. */
const PLAIN = ["string", "number", "boolean"];

/** Put beside a type until the converter is done: it takes no lists of types. */
const MARK = "takes plain";

function unmarked(key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !(MARK in value)) return value;
  const { [MARK]: _, ...schema } = value;
  return key === "propertyNames" ? schema : { ...schema, type: PLAIN };
}

/** Text that no number or flag can be, by the words that a message has for it. */
const OWN_SYNTAX = /duration|expression|range/;

function convert(schema: v.GenericSchema): JsonSchema {
  const { $defs: _, ...converted } = toJsonSchema(schema, {
    target: "draft-07",
    typeMode: "input",
    // What only code can check: durations, patterns, queries, keys that don't go together.
    ignoreActions: ["check", "raw_check"],
    overrideSchema: ({ valibotSchema, jsonSchema }) => {
      const { options, type, message } = valibotSchema as {
        options?: Readonly<Record<string, v.GenericSchema>>;
        type: string;
        message?: string;
      };
      if (type === "string" && !OWN_SYNTAX.test(message ?? "")) {
        return { ...jsonSchema, [MARK]: true } as JsonSchema;
      }
      return type === "lazy" && options ? { anyOf: alternatives(Object.values(options)) } : undefined;
    },
  });
  return converted;
}

/** Each once: a number is taken as text where text will do, which JSON Schema need not know. */
function alternatives(schemas: readonly v.GenericSchema[]): JsonSchema[] {
  const texts = schemas.map((schema) => {
    const { $schema: _, ...rest } = convert(schema);
    return JSON.stringify(rest);
  });
  return [...new Set(texts)].map((text) => JSON.parse(text));
}

if (import.meta.main) await Deno.writeTextFile(SCHEMA_FILE, schemaText());
