import { joinedKey } from "../../base/joined_key.ts";
import { Labels, METRIC_NAME } from "../../model/labels.ts";
import type { Matching } from "../ast.ts";

/** The labels that say what kind of thing a series measures; they go when an operation makes something else of it. */
const METADATA: ReadonlySet<string> = new Set([METRIC_NAME, "__type__", "__unit__"]);

/** Remembers what labels are without metric name, type and unit: a store hands out the same ones again and again. */
export class BareLabels {
  readonly #known = new WeakMap<Labels, Labels>();

  of(labels: Labels): Labels {
    let bare = this.#known.get(labels);
    if (!bare) this.#known.set(labels, bare = withoutMetadata(labels));
    return bare;
  }
}

/** Labels without metric name, type and unit. */
export function withoutMetadata(labels: Labels): Labels {
  const { flat } = labels;
  for (let i = 0; i < flat.length; i += 2) {
    if (METADATA.has(flat[i])) return labels.drop(METADATA);
    // Labels are sorted, so that nothing beyond these names can be one of them.
    if (flat[i] > "__unit__") return labels;
  }
  return labels;
}

/** Reduces labels to what decides which others they belong with: equal strings belong together. */
export type Signature = (labels: Labels) => string;

/** The labels of these names, and their values. */
export function signatureBy(names: readonly string[]): Signature {
  if (names.length === 0) return () => "";
  if (names.length === 1) return (labels) => labels.get(names[0]);
  const sorted = [...names].sort();
  return ({ flat }) => {
    const parts: string[] = [];
    let next = 0;
    for (let i = 0; i < flat.length && next < sorted.length; i += 2) {
      while (next < sorted.length && sorted[next] < flat[i]) next++;
      if (sorted[next] === flat[i]) parts.push(flat[i], flat[i + 1]);
    }
    return joinedKey(parts);
  };
}

/** All labels but those of these names, and but the metric name. */
export function signatureWithout(names: readonly string[]): Signature {
  const left = new Set(names).add(METRIC_NAME);
  return ({ flat }) => {
    const parts: string[] = [];
    for (let i = 0; i < flat.length; i += 2) {
      if (!left.has(flat[i])) parts.push(flat[i], flat[i + 1]);
    }
    return joinedKey(parts);
  };
}

/** What of the labels takes part in a matching. */
export function matchedLabels(labels: Labels, { on, labels: names }: Matching): Labels {
  return on ? labels.keep(new Set(names)) : labels.drop(new Set(names).add(METRIC_NAME));
}
