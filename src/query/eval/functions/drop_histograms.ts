import { ABSENT, type Frame, HISTOGRAM } from "../frame.ts";

/** Makes the histograms of a frame absent: most functions know only floats. */
export function dropHistograms(frame: Frame): void {
  const { kinds, stepCount, histograms } = frame;
  for (let row = 0; row < histograms.length; row++) {
    if (!histograms[row]) continue;
    histograms[row] = undefined;
    for (let cell = row * stepCount; cell < (row + 1) * stepCount; cell++) {
      if (kinds[cell] === HISTOGRAM) kinds[cell] = ABSENT;
    }
  }
}
