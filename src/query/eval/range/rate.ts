import type { Row } from "../row.ts";
import type { Windows } from "../windows.ts";
import { extendedRate } from "./extended_rate.ts";
import {
  beganInside,
  extrapolationFactor,
  factorFromStart,
  startsOverlap,
  startTellsReset,
} from "./extrapolation.ts";
import { histogramRate } from "./histogram_rate.ts";
import type { RangeCall, RateKind, SlidingFunction, WindowFunction } from "./range_function.ts";

/** rate, increase and delta. */
export function rate(kind: RateKind): WindowFunction {
  return (windows, step, out, call) => {
    const floats = windows.high[step] - windows.low[step];
    const histograms = windows.histogramHigh[step] - windows.histogramLow[step];
    if (floats > 0 && histograms > 0) {
      call.notes.mixedFloatsAndHistograms(windows.metricName, call.positions[0]);
    } else if (call.extension !== "none") extendedRate(windows, step, out, call, kind);
    else if (histograms > 0) histogramRate(windows, step, out, call, kind);
    else floatRate(windows, step, out, call, kind);
  };
}

function floatRate(windows: Windows, step: number, out: Row, call: RangeCall, kind: RateKind): void {
  const { values } = windows;
  const first = windows.low[step];
  const last = windows.high[step] - 1;
  let increase = values[last] - values[first];
  if (kind.isCounter) {
    if (windows.startTimestamps) {
      return rateWithStarts(windows, step, out, call, kind, windows.startTimestamps);
    }
    for (let i = first + 1; i <= last; i++) if (values[i] < values[i - 1]) increase += values[i - 1];
  }
  put(windows, step, out, call, kind, increase);
}

/** Extrapolates an increase and puts it into the step's cell; a single sample gives nothing. */
function put(
  windows: Windows,
  step: number,
  out: Row,
  call: RangeCall,
  kind: RateKind,
  increase: number,
): void {
  const { timestamps, values } = windows;
  const first = windows.low[step];
  const last = windows.high[step] - 1;
  if (first === last) return;
  const [firstMs, lastMs] = [timestamps[first], timestamps[last]];
  let factor = extrapolationFactor(
    call,
    step,
    firstMs,
    lastMs,
    last - first,
    increase,
    values[first],
    kind.isCounter,
  );
  if (kind.isPerSecond) factor /= call.rangeMs / 1000;
  out.setFloat(step, increase * factor);
}

function rateWithStarts(
  windows: Windows,
  step: number,
  out: Row,
  call: RangeCall,
  kind: RateKind,
  starts: Float64Array,
): void {
  const { values, timestamps } = windows;
  const first = windows.low[step];
  const last = windows.high[step] - 1;
  let increase = values[last] - values[first];
  let overlaps = false;
  for (let i = first + 1; i <= last; i++) {
    const previousMs = timestamps[i - 1];
    overlaps ||= startsOverlap(starts[i - 1], previousMs, starts[i]);
    const isReset = values[i] < values[i - 1] ||
      startTellsReset(starts[i - 1], previousMs, starts[i], timestamps[i]);
    if (isReset) increase += values[i - 1];
  }
  if (overlaps) call.notes.startTimeOverlap(windows.metricName, call.positions[0]);
  if (beganInside(starts[first], call.startOf(step), timestamps[first])) {
    putFromStart(windows, step, out, call, kind, increase, starts[first]);
  } else put(windows, step, out, call, kind, increase);
}

/** The same where the series began at zero, at a known time inside the window. */
function putFromStart(
  { timestamps, values, low, high }: Windows,
  step: number,
  out: Row,
  call: RangeCall,
  kind: RateKind,
  increase: number,
  startedMs: number,
): void {
  const first = low[step];
  const last = high[step] - 1;
  let factor = factorFromStart(call, step, startedMs, timestamps[first], timestamps[last], last - first);
  if (kind.isPerSecond) factor /= call.rangeMs / 1000;
  out.setFloat(step, (increase + values[first]) * factor);
}

/**
 * Rates over overlapping windows: the resets of a series are found once; a window then needs its edges and the
 * resets between them. Adds in the order in which a fresh look would, so results are the same to the last bit.
 */
export class SlidingRate implements SlidingFunction {
  readonly #kind: RateKind;
  /** Indices of the samples before which the counter was reset. */
  #resets: number[] = [];
  /** Indices of the samples whose start lies before the sample before them. */
  #overlaps: number[] = [];
  #nextReset = 0;
  #nextOverlap = 0;

  constructor(kind: RateKind) {
    this.#kind = kind;
  }

  pays(visits: number, count: number, steps: number): boolean {
    return visits > count + steps;
  }

  prepare({ values, timestamps, startTimestamps: starts, count }: Windows): void {
    this.#resets = [];
    this.#overlaps = [];
    this.#nextReset = this.#nextOverlap = 0;
    if (!this.#kind.isCounter) return;
    for (let i = 1; i < count; i++) if (values[i] < values[i - 1]) this.#resets.push(i);
    if (!starts) return;
    for (let i = 1; i < count; i++) {
      if (starts[i] === starts[i - 1] && starts[i] < timestamps[i - 1]) continue;
      if (startsOverlap(starts[i - 1], timestamps[i - 1], starts[i])) this.#overlaps.push(i);
      const isNew = !(values[i] < values[i - 1]) &&
        startTellsReset(starts[i - 1], timestamps[i - 1], starts[i], timestamps[i]);
      if (isNew) this.#resets.push(i);
    }
    this.#resets.sort((a, b) => a - b);
  }

  run(windows: Windows, from: number, to: number, out: Row, call: RangeCall): void {
    const { values, timestamps, low, high } = windows;
    const starts = this.#kind.isCounter ? windows.startTimestamps : undefined;
    const resets = this.#resets;
    for (let step = from; step < to; step++) {
      const first = low[step];
      const end = high[step];
      if (end === first) continue;
      let increase = values[end - 1] - values[first];
      while (this.#nextReset < resets.length && resets[this.#nextReset] <= first) this.#nextReset++;
      for (let i = this.#nextReset; i < resets.length && resets[i] < end; i++) {
        increase += values[resets[i] - 1];
      }
      if (this.#overlaps.length > 0) this.#remarkOverlap(windows, first, end, call);
      if (starts && beganInside(starts[first], call.startOf(step), timestamps[first])) {
        putFromStart(windows, step, out, call, this.#kind, increase, starts[first]);
      } else put(windows, step, out, call, this.#kind, increase);
    }
  }

  #remarkOverlap(windows: Windows, first: number, end: number, call: RangeCall): void {
    const overlaps = this.#overlaps;
    while (this.#nextOverlap < overlaps.length && overlaps[this.#nextOverlap] <= first) this.#nextOverlap++;
    if (this.#nextOverlap < overlaps.length && overlaps[this.#nextOverlap] < end) {
      call.notes.startTimeOverlap(windows.metricName, call.positions[0]);
    }
  }
}
