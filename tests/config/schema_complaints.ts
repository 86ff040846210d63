/** JSON Schema, draft 7, as far as our own file goes: a keyword that is not known here is an error. */
type Json = Readonly<Record<string, unknown>>;

const TELLING = new Set(["$schema", "title", "description", "default"]);

/** Places in a value that a schema has something against, such as `/egress/probes/0: port`. */
export function* schemaComplaintsAbout(value: unknown, schema: Json, path = ""): Generator<string> {
  for (const [keyword, wanted] of Object.entries(schema)) {
    if (TELLING.has(keyword)) continue;
    const check = KEYWORDS[keyword];
    if (!check) throw new Error(`Cannot check ${path || "/"} as the keyword ${keyword} is not known`);
    yield* check(value, wanted as never, path, schema);
  }
}

type Check = (value: unknown, wanted: never, path: string, schema: Json) => Iterable<string>;

const KEYWORDS: Readonly<Record<string, Check>> = {
  type: (value, wanted: string | readonly string[], path) =>
    [wanted].flat().some((type) => isOf(type, value)) ? [] : [`${path}: not ${wanted}`],
  enum: (value, wanted: readonly unknown[], path) =>
    wanted.includes(value) ? [] : [`${path}: none of ${wanted}`],
  minimum: (value, wanted: number, path) =>
    typeof value === "number" && value < wanted ? [`${path}: too small`] : [],
  maximum: (value, wanted: number, path) =>
    typeof value === "number" && value > wanted ? [`${path}: too large`] : [],
  minLength: (value, wanted: number, path) =>
    typeof value === "string" && value.length < wanted ? [`${path}: too short`] : [],
  maxLength: (value, wanted: number, path) =>
    typeof value === "string" && value.length > wanted ? [`${path}: too long`] : [],
  minItems: (value, wanted: number, path) =>
    Array.isArray(value) && value.length < wanted ? [`${path}: too few`] : [],
  maxItems: (value, wanted: number, path) =>
    Array.isArray(value) && value.length > wanted ? [`${path}: too many`] : [],
  required: (value, wanted: readonly string[], path) =>
    isOf("object", value)
      ? wanted.filter((key) => !Object.hasOwn(value as Json, key)).map((key) => `${path}: ${key}`)
      : [],
  *items(value, wanted: Json, path) {
    if (!Array.isArray(value)) return;
    for (const [i, item] of value.entries()) yield* schemaComplaintsAbout(item, wanted, `${path}/${i}`);
  },
  *properties(value, wanted: Readonly<Record<string, Json>>, path) {
    if (!isOf("object", value)) return;
    for (const [key, below] of Object.entries(value as Json)) {
      if (Object.hasOwn(wanted, key)) yield* schemaComplaintsAbout(below, wanted[key], `${path}/${key}`);
    }
  },
  *propertyNames(value, wanted: Json, path) {
    if (!isOf("object", value)) return;
    for (const key of Object.keys(value as Json)) yield* schemaComplaintsAbout(key, wanted, `${path}/${key}`);
  },
  *additionalProperties(value, wanted: boolean | Json, path, { properties = {} }) {
    if (!isOf("object", value) || wanted === true) return;
    for (const [key, below] of Object.entries(value as Json)) {
      if (Object.hasOwn(properties as Json, key)) continue;
      if (wanted === false) yield `${path}/${key}: not allowed`;
      else yield* schemaComplaintsAbout(below, wanted, `${path}/${key}`);
    }
  },
  anyOf: (value, wanted: readonly Json[], path) =>
    wanted.some((schema) => [...schemaComplaintsAbout(value, schema, path)].length === 0)
      ? []
      : [`${path}: no kind fits`],
};

function isOf(type: string, value: unknown): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return type === (value === null ? "null" : typeof value);
}
