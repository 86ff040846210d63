/**
 * `deno task schema`: writes `bunny.schema.json`, with which editors complete and explain `bunny.yaml`. It is made from
 * the schema that reads the file, and made here rather than in src: the running service has no use for it.
 */
import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { configSchema } from "../../src/config/schema.ts";

export const SCHEMA_FILE = new URL("../../bunny.schema.json", import.meta.url);

/** The schema file's text. */
export function schemaText(): string {
  const { $schema, ...schema } = convert(configSchema);
  const titled = { $schema, title: "Bunny's configuration", ...schema };
  return `${JSON.stringify(titled, (key, value) => key === "secret" ? undefined : value, 2)}\n`;
}

function convert(schema: v.GenericSchema): JsonSchema {
  const { $defs: _, ...converted } = toJsonSchema(schema, {
    target: "draft-07",
    typeMode: "input",
    // What only code can check: durations, patterns, queries, keys that don't go together.
    ignoreActions: ["check", "raw_check"],
    overrideSchema: ({ valibotSchema }) => {
      const { options, type } = valibotSchema as {
        options?: Readonly<Record<string, v.GenericSchema>>;
        type: string;
      };
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
