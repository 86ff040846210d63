import type { Histogram } from "../../src/model/histogram.ts";
import { Cursor } from "../../src/query/script/cursor.ts";
import { readHistogram } from "../../src/query/script/histogram_notation.ts";

/** A histogram from the notation of test scripts; throws when the text is none. */
export function h(text: string): Histogram {
  const cursor = new Cursor(text);
  const { histogram } = readHistogram(cursor);
  if (cursor.problem || !cursor.done) {
    throw new Error(`${text}: ${cursor.problem?.message ?? "text after it"}`);
  }
  return histogram;
}
