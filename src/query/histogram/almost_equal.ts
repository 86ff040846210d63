import { isStaleNaN } from "../../model/sample.ts";

/** Relative error that Prometheus' scripts allow for values. */
const TOLERANCE = 1e-6;

const MIN_NORMAL = 2.2250738585072014e-308;

/**
 * Whether two values are as good as equal: their difference is under `tolerance` of their sum, or they are the same
 * kind of NaN (Prometheus, util/almost). Next to zero only next to nothing is equal to it.
 */
export function almostEqual(a: number, b: number, tolerance = TOLERANCE): boolean {
  if (isStaleNaN(a) || isStaleNaN(b)) return isStaleNaN(a) && isStaleNaN(b);
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  if (a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < MIN_NORMAL) return difference < tolerance * MIN_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < tolerance;
}
