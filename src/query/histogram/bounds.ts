import { lazy } from "../../base/lazy.ts";
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from "../../model/histogram.ts";

/** Finest schema: 2^8 buckets to each power of two. */
const MAX_SCHEMA = 8;

/** Where the finest schema divides [0.5, 1), as fractions; coarser schemas use every 2nd, 4th, … of them. */
const FRACTIONS = lazy(fractions);

/**
 * The bounds as Prometheus has them, to the last bit, so that printed bounds are the same: its table holds products of
 * repeated square roots of two, the first of which is off by one unit in the last place.
 */
function fractions(): Float64Array {
  const roots = [Math.SQRT2];
  while (roots.length < MAX_SCHEMA) roots.push(Math.sqrt(roots[roots.length - 1]));
  roots[0] = 1.414213562373095;
  return Float64Array.from({ length: 1 << MAX_SCHEMA }, (_, i) => {
    let fraction = 0.5;
    for (const [bit, root] of roots.entries()) if ((i >> (MAX_SCHEMA - 1 - bit)) & 1) fraction *= root;
    return fraction;
  });
}

/**
 * Upper bound of a bucket on the positive side of an exponential histogram; its lower bound is that of the index
 * before. The bucket that ends at 2^1024 ends at the largest number instead; the one after it, at +Inf, holds infinities.
 */
export function exponentialBound(index: number, schema: number): number {
  if (schema < 0) {
    const power = index * 2 ** -schema;
    return power === 1024 ? Number.MAX_VALUE : 2 ** power;
  }
  const fraction = FRACTIONS()[(index & ((1 << schema) - 1)) << (MAX_SCHEMA - schema)];
  const power = (index >> schema) + 1;
  if (fraction === 0.5 && power === 1025) return Number.MAX_VALUE;
  return fraction * 2 * 2 ** (power - 1); // 2^1024 would be too large a factor
}

/** Upper bound of a custom bucket; -1 gives the lower bound of the first one. */
export function customBound(index: number, customValues: Float64Array): number {
  if (index < 0) return -Infinity;
  return index < customValues.length ? customValues[index] : Infinity;
}

/** Index, in a schema coarser by `shift`, of the bucket that this one falls into. */
export function coarserIndex(index: number, shift: number): number {
  return ((index - 1) >> shift) + 1;
}

export function hasCustomBuckets(histogram: Histogram): boolean {
  return histogram.schema === CUSTOM_BUCKETS_SCHEMA;
}

export const NO_NUMBERS = new Float64Array(0);

/** Whether two sets of custom bounds are the same. */
export function sameBounds(a: Float64Array | undefined, b: Float64Array | undefined): boolean {
  if (a === b) return true;
  const length = a?.length ?? 0;
  if (length !== (b?.length ?? 0)) return false;
  for (let i = 0; i < length; i++) if (a![i] !== b![i]) return false;
  return true;
}

/** The bounds that both sets have. */
export function sharedBounds(a: Float64Array, b: Float64Array): Float64Array {
  const shared: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] < b[j]) i++;
    else if (a[i] > b[j]) j++;
    else {
      shared.push(a[i++]);
      j++;
    }
  }
  return Float64Array.from(shared);
}
