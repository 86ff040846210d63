import type { Head } from "./head.ts";

/** Chunks of the head that still take samples. */
export function openChunks(head: Head): number {
  let chunks = 0;
  for (const { length } of head.series()) chunks += Number(length > 0);
  return chunks;
}

/** Memory of the head's closed chunks and of the columns of open ones. */
export function memoryBytes(head: Head): number {
  let bytes = head.chunks.memoryBytes;
  for (const { times } of head.series()) bytes += 2 * times.byteLength;
  return bytes;
}

/** Samples in all of the head's chunks, open and closed. */
export function samplesHeld(head: Head): number {
  let samples = 0;
  for (const { chunks, length } of head.series()) {
    samples += length;
    for (const id of chunks) samples += head.chunks.count(id);
  }
  return samples;
}
