import type { Clock } from "./clock.ts";
import { LoopbackPause, type Pause, TimerPause } from "./pause.ts";

/** Work that can be left alone for a while at each yield. No stretch between two yields takes long. */
export type Steps<T> = Generator<void, T, void>;

/** How long such work goes on before everything else gets its turn, ms. */
const SLICE_MS = 1;

/**
 * Slices that follow one another as fast as others let them. Work that is not done then has plenty left, and rests nine
 * times as long as each further one took: as fast as it goes it would fill the heap faster than garbage is found in it beside
 * the work, and V8 stops everything for tens of milliseconds instead.
 */
const QUICK_SLICES = 10;
const REST_TIMES = 9;

/** Whatever holds a slice up for longer than a ninth of this is no reason to rest any longer. */
const MAX_REST_MS = 100;

/** Does the work in one go. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Does the work in slices, with pauses in which everything else that is ready runs. */
export async function inSlices<T>(steps: Steps<T>, clock: Clock): Promise<T> {
  const never = new AbortController().signal;
  return await inSlicesUntil(never, steps, clock) as T;
}

/** The same. @returns undefined when the signal aborted before all was done */
export async function inSlicesUntil<T>(
  signal: AbortSignal,
  steps: Steps<T>,
  clock: Clock,
): Promise<T | undefined> {
  let pause: Pause | undefined;
  try {
    for (let slices = 1;; slices++) {
      const startedAt = clock.now();
      let now: number;
      do {
        const { done, value } = steps.next();
        if (done) return value;
        now = clock.now();
      } while (now < startedAt + SLICE_MS);
      if (signal.aborted) return undefined;
      if (slices > QUICK_SLICES) {
        await clock.sleepUntil(now + Math.min(REST_TIMES * (now - startedAt), MAX_REST_MS), signal);
        continue;
      }
      pause ??= await LoopbackPause.open() ?? new TimerPause();
      try {
        await pause.wait();
      } catch {
        pause[Symbol.dispose](); // the connection broke
        pause = new TimerPause();
      }
    }
  } finally {
    pause?.[Symbol.dispose]();
  }
}
