import type { Clock } from "./clock.ts";
import { LoopbackPause, type Pause, TimerPause } from "./pause.ts";

/** Work that can be left alone for a while at each yield. No stretch between two yields takes long. */
export type Steps<T> = Generator<void, T, void>;

/** How long such work goes on before everything else gets its turn, ms. */
const SLICE_MS = 1;

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
    let endsAt = clock.now() + SLICE_MS;
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      if (clock.now() < endsAt) continue;
      if (signal.aborted) return undefined;
      pause ??= await LoopbackPause.open() ?? new TimerPause();
      try {
        await pause.wait();
      } catch {
        pause[Symbol.dispose](); // the connection broke
        pause = new TimerPause();
      }
      endsAt = clock.now() + SLICE_MS;
    }
  } finally {
    pause?.[Symbol.dispose]();
  }
}
