/** Turns offsets into lines and columns, both from 1. */
export type Locate = (offset: number) => { readonly line: number; readonly column: number };

/**
 * Finds lines of a text, looking no further into it than it is asked for. The library's own counter misses line breaks
 * inside what it takes for an error.
 */
export function locator(text: string): Locate {
  const starts = [0];
  let isComplete = false;
  return (offset) => {
    while (!isComplete && starts[starts.length - 1] <= offset) {
      const lineBreak = text.indexOf("\n", starts[starts.length - 1]);
      if (lineBreak < 0) isComplete = true;
      else starts.push(lineBreak + 1);
    }
    let [low, high] = [0, starts.length]; // the line is in between
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - starts[low] + 1 };
  };
}
