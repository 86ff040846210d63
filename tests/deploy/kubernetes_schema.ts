import type { Yaml } from "./manifests.ts";

/** A kind's class: `validate` holds its fields against the JSON schema that it was made of. */
interface Model {
  new (object: unknown): { validate(): void };
}

/** Class of a kind, from Kubernetes' own OpenAPI document or from the Prometheus operator's. */
async function modelOf(apiVersion: string, kind: string): Promise<Model> {
  const models = apiVersion.startsWith("monitoring.coreos.com/")
    ? "@kubernetes-models/prometheus-operator"
    : "kubernetes-models";
  return (await import(`${models}/${apiVersion}/${kind}`))[kind];
}

/**
 * What the schema of its kind says against an object, one sentence each. Unknown fields count, as with
 * `kubectl apply --validate=strict`, though the schemas let them pass: a validator asks each object for every field
 * that its schema knows, so a field that nobody asked for is one that the schema doesn't have.
 */
export async function schemaComplaints(object: Yaml): Promise<string[]> {
  const model = new (await modelOf(object.apiVersion, object.kind))(object);
  const asked = new Map<object, Set<PropertyKey>>();
  return [...broken(watched(model, asked) as typeof model), ...unasked(model, asked, "")];
}

interface SchemaError {
  readonly errors: readonly { readonly instancePath: string; readonly message: string }[];
}

function broken(model: { validate(): void }): string[] {
  try {
    model.validate();
    return [];
  } catch (error) {
    if (!(error instanceof Error && "errors" in error)) throw error;
    return (error as SchemaError).errors.map(({ instancePath, message }) =>
      `${instancePath || "/"}: ${message}`
    );
  }
}

/** The same data, all the way down; notes which fields are read. */
function watched(value: unknown, asked: Map<object, Set<PropertyKey>>): unknown {
  if (typeof value !== "object" || value === null) return value;
  const fields = asked.get(value) ?? new Set();
  asked.set(value, fields);
  return new Proxy(value, {
    get(target, field) {
      fields.add(field);
      return watched(Reflect.get(target, field), asked);
    },
  });
}

function* unasked(
  value: unknown,
  asked: ReadonlyMap<object, ReadonlySet<PropertyKey>>,
  path: string,
): Generator<string, void, void> {
  if (typeof value !== "object" || value === null) return;
  for (const [field, below] of Object.entries(value)) {
    if (asked.get(value)?.has(field)) yield* unasked(below, asked, `${path}/${field}`);
    else yield `${path}/${field}: unknown field`;
  }
}
