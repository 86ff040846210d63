import type { Work } from "./share.ts";

/** Items between two looks at the clock. */
const ITEMS_PER_LOOK = 256;

/** Visits all items, with pauses where that takes long. */
export async function eachInTurns<Item>(
  items: readonly Item[],
  work: Work,
  visit: (item: Item) => void,
): Promise<void> {
  for (let i = 0; i < items.length; i++) {
    visit(items[i]);
    if (i % ITEMS_PER_LOOK === 0 && work.isDue) await work.turn();
  }
}

/** Sorts a copy, with pauses where that takes long: short runs first, which are then merged two by two. */
export async function sortedInTurns<Item>(
  items: readonly Item[],
  compare: (a: Item, b: Item) => number,
  work: Work,
): Promise<Item[]> {
  let from = items.slice();
  for (let at = 0; at < from.length; at += ITEMS_PER_LOOK) {
    const run = from.slice(at, at + ITEMS_PER_LOOK).sort(compare);
    for (let i = 0; i < run.length; i++) from[at + i] = run[i];
    if (work.isDue) await work.turn();
  }
  let to = new Array<Item>(from.length);
  for (let width = ITEMS_PER_LOOK; width < from.length; width *= 2) {
    for (let start = 0, written = 0; start < from.length; start += 2 * width) {
      const middle = Math.min(start + width, from.length);
      const end = Math.min(start + 2 * width, from.length);
      for (let left = start, right = middle; written < end; written++) {
        const takesLeft = left < middle && (right === end || compare(from[left], from[right]) <= 0);
        to[written] = takesLeft ? from[left++] : from[right++];
        if (written % ITEMS_PER_LOOK === 0 && work.isDue) await work.turn();
      }
    }
    [from, to] = [to, from];
  }
  return from;
}

/** A JSON list, in pieces of about so many characters. */
export function* listPieces<Item>(
  items: readonly Item[],
  write: (item: Item) => string,
  pieceLength = 32 * 1024,
): Generator<string, void, void> {
  let piece = "[";
  for (let i = 0; i < items.length; i++) {
    piece += i === 0 ? write(items[i]) : `,${write(items[i])}`;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = "";
  }
  yield `${piece}]`;
}
