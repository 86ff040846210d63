/** What to do about typical mistakes: what people bring along from Kubernetes, from templates, from other keys. */
import type * as v from "valibot";
import { parseGoDuration } from "../base/duration.ts";
import type { TreeNode } from "./yaml_tree.ts";

/** Keys of Kubernetes' own probes that have no counterpart, and what does their work here. */
const OF_KUBERNETES: Readonly<Record<string, string>> = {
  failureThreshold: "how many failures count is for a health endpoint's query to say",
  successThreshold:
    "how many successes count is for a health endpoint's query, or its forMilliseconds, to say",
};

/** Known keys that a message lists. */
const MAX_LISTED = 16;

/** What the schema has around a key. */
export interface Surroundings {
  /** Keys of the mapping that the unknown one stands in, with the schema of each. */
  readonly entries: v.ObjectEntries;
  /** Keys of the mapping above that one. */
  readonly above: v.ObjectEntries | undefined;
}

/** The end of `unknown key…`. `meant`: the key that it resembles. */
export function unknownKeyHint(key: string, meant: string | undefined, around: Surroundings): string {
  if (meant !== undefined) {
    const factor = isSecondsFor(key, meant) ? " (1000 for each second)" : "";
    return `, did you mean ${JSON.stringify(meant)}?${factor}`;
  }
  if (Object.hasOwn(OF_KUBERNETES, key)) return `: ${OF_KUBERNETES[key]}`;
  const owner = Object.entries(around.entries).find(([, schema]) => Object.hasOwn(entriesOf(schema), key))
    ?.[0];
  if (owner !== undefined) return `; ${owner} has one: is this line indented far enough?`;
  if (around.above && Object.hasOwn(around.above, key)) {
    return "; the mapping above has one: is this line indented too far?";
  }
  const known = Object.keys(around.entries);
  return known.length <= MAX_LISTED ? `; known here: ${known.join(", ")}` : "";
}

/** Whether a key is another one in seconds: its number would be read as milliseconds. */
export function isSecondsFor(key: string, meant: string): boolean {
  return /Seconds$/i.test(key) && !/Milliseconds$/i.test(key) && meant.endsWith("Milliseconds");
}

/** Whether a mapping is a Kubernetes object, which the file of a ConfigMap stands in. */
export function isKubernetesObject(keys: { has(key: string): boolean }): boolean {
  return keys.has("apiVersion") && keys.has("kind");
}

export const KUBERNETES_OBJECT = "this is a Kubernetes object; Bunny's file is what stands in its data";

/** Keys of the mapping that a schema wants, below options and defaults. */
function entriesOf(schema: unknown): v.ObjectEntries {
  let at = schema as { wrapped?: unknown; entries?: v.ObjectEntries } | undefined;
  while (at?.wrapped) at = at.wrapped as typeof at;
  return at?.entries ?? {};
}

/** The end of `expected …, found …`. `type`: of the schema; `key`: the last one of the path; `text`: the whole file. */
export function wrongValueHint(node: TreeNode, type: string, key: string, text: string): string {
  if (text.startsWith("{{", node.start)) return "; {{ }} is a template's: render the file first";
  if (node.kind !== "scalar") {
    const isFlow = type === "string" && /[[{]/.test(text[node.start]);
    return isFlow ? `; put text that starts with ${text[node.start]} into quotes` : "";
  }
  const { value, style } = node;
  if (typeof value !== "string") return "";
  if (/^\$[({]/.test(value)) return "; no variables are put in here";
  if (type === "number") {
    if (style !== "plain" && /^-?\d+$/.test(value)) return "; leave the quotes out";
    const ms = key.endsWith("Milliseconds") ? parseGoDuration(value) : undefined;
    return ms !== undefined && ms > 0 && Number.isInteger(ms) ? `; in milliseconds that is ${ms}` : "";
  }
  const isUnspaced = type === "strict_object" && style === "plain" && /^[A-Za-z]+:\S/.test(value);
  return isUnspaced ? "; a blank is missing behind the colon" : "";
}
