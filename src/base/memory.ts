/** Less is left to garbage collection, which takes it in its stride. */
const WORTH_BYTES = 16 * 1024;

/**
 * Gives the memory of an array that nobody reads any more back at once, if it is worth it; the array is empty then. Left
 * to garbage collection, a whole one is due whenever such memory has grown by half the heap's limit, and nothing else
 * runs meanwhile: for 20 ms, some times a second while large results are made.
 */
export function free({ buffer }: { readonly buffer: ArrayBufferLike }): void {
  if (buffer.byteLength >= WORTH_BYTES && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
