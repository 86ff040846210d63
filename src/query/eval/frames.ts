import type { QueryValue } from "../value.ts";
import type { Frame } from "./frame.ts";

/**
 * The frames of one query that somebody may still read, in the order in which they were made: what an expression is made
 * from lies behind what was there before it, and is given back when it is done.
 */
export class Frames {
  readonly #frames: Frame[] = [];

  get count(): number {
    return this.#frames.length;
  }

  add(frame: Frame): Frame {
    this.#frames.push(frame);
    return frame;
  }

  /** Gives back those that were made since there were `count`, but for one. */
  releaseSince(count: number, kept?: Frame): void {
    for (let i = count; i < this.#frames.length; i++) {
      if (this.#frames[i] !== kept) this.#frames[i].release();
    }
    this.#frames.length = count;
    if (kept) this.#frames.push(kept);
  }

  /** Gives back all but what a query's value has handed out; `undefined`: there is none. */
  end(value: QueryValue | undefined): void {
    const isMatrix = value?.kind === "matrix";
    const handedOut = new Set(isMatrix ? value.series.map(({ values }) => values.buffer) : []);
    for (const frame of this.#frames) {
      if (!handedOut.has(frame.values.buffer)) frame.release();
    }
    this.#frames.length = 0;
  }
}
