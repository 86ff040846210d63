import type { Histogram } from "../../model/histogram.ts";
import { FLOAT, type Frame } from "./frame.ts";

/** Where a range function puts what it makes of one series: a row of a frame. */
export class Row {
  kinds: Uint8Array;
  values: Float64Array;
  /** The row's first cell. */
  cell = 0;
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
    this.kinds = frame.kinds;
    this.values = frame.values;
  }

  /** Turns to the frame's last row. */
  turnToLast(): void {
    this.cell = (this.#frame.rowCount - 1) * this.#frame.stepCount;
    this.kinds = this.#frame.kinds;
    this.values = this.#frame.values;
  }

  setFloat(step: number, value: number): void {
    this.kinds[this.cell + step] = FLOAT;
    this.values[this.cell + step] = value;
  }

  setHistogram(step: number, histogram: Histogram): void {
    this.#frame.setHistogram(this.#frame.rowCount - 1, step, histogram);
  }
}
