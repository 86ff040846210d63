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

/** About how long a piece of an answer is, in characters: a moment's work, and enough to be worth a packet or more. */
export const PIECE_LENGTH = 8 * 1024;

/** Short texts as fewer longer ones. */
export function* gathered(
  parts: Iterable<string>,
  pieceLength = PIECE_LENGTH,
): Generator<string, void, void> {
  let piece = "";
  for (const part of parts) {
    piece += part;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

/** A JSON list, in pieces of about so many characters. */
export function listPieces<Item>(
  items: readonly Item[],
  write: (item: Item) => string,
  pieceLength = PIECE_LENGTH,
): Generator<string, void, void> {
  return gathered(listParts(items, write), pieceLength);
}

function* listParts<Item>(
  items: readonly Item[],
  write: (item: Item) => string,
): Generator<string, void, void> {
  yield "[";
  for (let i = 0; i < items.length; i++) yield i === 0 ? write(items[i]) : `,${write(items[i])}`;
  yield "]";
}

/** A JSON string, in pieces; no part of its text ends within a character. */
export function stringPieces(parts: Iterable<string>): Generator<string, void, void> {
  return gathered(stringParts(parts));
}

function* stringParts(parts: Iterable<string>): Generator<string, void, void> {
  yield '"';
  for (const part of parts) yield JSON.stringify(part).slice(1, -1);
  yield '"';
}
