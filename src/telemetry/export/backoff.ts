const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** A receiver that asks to be left alone for longer is asked again after this, ms. */
const LONGEST_WISH_MS = 300_000;

/**
 * How long to wait after so many failures in a row (1 or more): doubling from a second to half a minute, the upper half
 * of it left to chance so that a fleet does not come back in one wave. A receiver's own wish counts where it is longer.
 * `chance`: 0 … 1.
 */
export function backoffMs(failures: number, wishMs: number | undefined, chance: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16));
  return Math.max(full * (0.5 + chance / 2), Math.min(wishMs ?? 0, LONGEST_WISH_MS));
}
