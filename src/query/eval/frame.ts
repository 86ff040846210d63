import { free } from "../../base/memory.ts";
import type { Histogram } from "../../model/histogram.ts";
import type { Labels } from "../../model/labels.ts";
import { tooManySamples } from "./failure.ts";

/** What a cell of a frame holds. */
export const ABSENT = 0;
export const FLOAT = 1;
export const HISTOGRAM = 2;

/**
 * What an expression of type vector comes to at all steps of a query, as one table: a row a series, a column a step.
 *
 *        step 0   1   2  …                 cell = row · stepCount + step
 *     ┌──────────────────────────┐
 *     │ kinds   1   1   0        │         ABSENT, FLOAT or HISTOGRAM
 *     │ values  0.5 NaN –        │         read only where the kind is FLOAT
 *     │ histograms  (where any)  │         by row, then by step: set exactly where the kind is HISTOGRAM
 *     └──────────────────────────┘
 *
 * A frame belongs to whoever evaluated the expression, who may change it in place. Rows may be empty.
 */
export class Frame {
  readonly stepCount: number;
  /** Row r's labels. */
  readonly labels: Labels[] = [];
  /** Whether row r loses its metric name (and type and unit) when the query ends. */
  readonly dropsName: boolean[] = [];
  kinds: Uint8Array;
  values: Float64Array;
  /** Row r's histograms by step; undefined: it has none. */
  readonly histograms: ((Histogram | undefined)[] | undefined)[] = [];

  readonly #maxCells: number;

  constructor(stepCount: number, rowCapacity = 4, maxCells = Infinity) {
    this.stepCount = stepCount;
    this.#maxCells = maxCells;
    const cells = stepCount * Math.max(1, rowCapacity);
    this.kinds = new Uint8Array(cells);
    this.values = new Float64Array(cells);
  }

  get rowCount(): number {
    return this.labels.length;
  }

  /** Adds an empty row. @returns its first cell */
  addRow(labels: Labels, dropsName: boolean): number {
    const cell = this.labels.length * this.stepCount;
    if (cell + this.stepCount > this.kinds.length) this.#grow(cell + this.stepCount);
    this.labels.push(labels);
    this.dropsName.push(dropsName);
    this.histograms.push(undefined);
    return cell;
  }

  /** Takes back the last row, which must still be empty. */
  dropLastRow(): void {
    this.labels.pop();
    this.dropsName.pop();
    this.histograms.pop();
  }

  setFloat(cell: number, value: number): void {
    this.kinds[cell] = FLOAT;
    this.values[cell] = value;
  }

  setHistogram(row: number, step: number, histogram: Histogram): void {
    this.kinds[row * this.stepCount + step] = HISTOGRAM;
    const cells = this.histograms[row] ??= new Array(this.stepCount).fill(undefined);
    cells[step] = histogram;
  }

  /** Takes a sample out. */
  clear(row: number, step: number): void {
    this.kinds[row * this.stepCount + step] = ABSENT;
    const cells = this.histograms[row];
    if (cells) cells[step] = undefined;
  }

  /** How many cells of a row are set. */
  countOf(row: number): number {
    const { kinds, stepCount } = this;
    const end = (row + 1) * stepCount;
    let count = 0;
    for (let cell = row * stepCount; cell < end; cell++) if (kinds[cell] !== ABSENT) count++;
    return count;
  }

  /** Whether the row has no sample at all. */
  isEmpty(row: number): boolean {
    const { kinds, stepCount } = this;
    const end = (row + 1) * stepCount;
    for (let cell = row * stepCount; cell < end; cell++) if (kinds[cell] !== ABSENT) return false;
    return true;
  }

  /** Whether any cell may hold a histogram. */
  get hasHistograms(): boolean {
    return this.histograms.some((row) => row !== undefined);
  }

  /** Samples held, counted as Prometheus does: a float is one, a histogram as many as its size is worth. */
  sampleCount(): number {
    const { kinds } = this;
    const cells = this.rowCount * this.stepCount;
    let count = 0;
    for (let cell = 0; cell < cells; cell++) if (kinds[cell] !== ABSENT) count++;
    for (let row = 0; row < this.histograms.length; row++) {
      const histograms = this.histograms[row];
      if (!histograms) continue;
      for (const histogram of histograms) if (histogram) count += histogramWeight(histogram) - 1;
    }
    return count;
  }

  /** Gives the cells' memory back: nobody reads them any more. */
  release(): void {
    free(this.kinds);
    free(this.values);
  }

  #grow(cells: number): void {
    if (cells > this.#maxCells) throw tooManySamples();
    const capacity = Math.max(cells, this.kinds.length * 2);
    const kinds = new Uint8Array(capacity);
    const values = new Float64Array(capacity);
    kinds.set(this.kinds);
    values.set(this.values);
    this.release();
    this.kinds = kinds;
    this.values = values;
  }
}

/** Bytes of one float sample: what a histogram's size is measured in. */
const FLOAT_SAMPLE_BYTES = 16;

/** How many float samples a histogram counts for (Prometheus, promql/value.go, HPoint.size). */
export function histogramWeight(histogram: Histogram): number {
  const fixedBytes = 176; // the original's struct and a timestamp
  const spanBytes = 8 * (histogram.positiveSpans.length + histogram.negativeSpans.length);
  const bucketBytes = 8 * (histogram.positiveBuckets.length + histogram.negativeBuckets.length);
  const customBytes = 8 * (histogram.customValues?.length ?? 0);
  return Math.floor((fixedBytes + spanBytes + bucketBytes + customBytes) / FLOAT_SAMPLE_BYTES);
}

/** The row of these labels, added where there is none yet. */
export function rowFor(
  out: Frame,
  rowByLabels: Map<string, number>,
  labels: Labels,
  dropsName: boolean,
): number {
  let row = rowByLabels.get(labels.key);
  if (row === undefined) {
    out.addRow(labels, dropsName);
    rowByLabels.set(labels.key, row = out.rowCount - 1);
  }
  return row;
}
