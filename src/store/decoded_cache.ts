import { firstAfter, firstFrom } from "../base/search.ts";
import type { SampleColumns } from "../model/sample.ts";

/** Rows a slot holds; chunks of more aren't cached. */
const SLOT_ROWS = 256;
const SLOT_BYTES = SLOT_ROWS * 16;
/** Slots that share one piece of memory. */
const SLAB_SLOTS = 64;
/** Once it's full, one of so many new chunks gets in: a scan of more than fits must not sweep everything out. */
const ADMIT_ONE_OF = 8;

/** Chunks of floats in decoded form. A key stands for one chunk for ever, or until it is dropped. */
export class DecodedCache {
  readonly #maxSlots: number;
  readonly #slotOf = new Map<number, number>();
  readonly #slabs: { times: Float64Array; values: Float64Array }[] = [];
  readonly #keys: Float64Array;
  readonly #counts: Uint16Array;
  /** Whether the slot was read since the hand last passed it. */
  readonly #wasRead: Uint8Array;
  readonly #free: number[] = [];
  #slots = 0;
  #hand = 0;
  #refused = 0;
  hits = 0;
  misses = 0;

  constructor(maxBytes: number) {
    this.#maxSlots = Math.floor(maxBytes / SLOT_BYTES);
    this.#keys = new Float64Array(this.#maxSlots);
    this.#counts = new Uint16Array(this.#maxSlots);
    this.#wasRead = new Uint8Array(this.#maxSlots);
  }

  has(key: number): boolean {
    return this.#slotOf.has(key);
  }

  /** Adds the chunk's rows with minTimeMs ≤ t ≤ maxTimeMs to the columns. @returns whether it had the chunk */
  read(key: number, minTimeMs: number, maxTimeMs: number, into: SampleColumns): boolean {
    const slot = this.#slotOf.get(key);
    if (slot === undefined) {
      this.misses++;
      return false;
    }
    this.hits++;
    this.#wasRead[slot] = 1;
    const { times, values } = this.#slabs[Math.floor(slot / SLAB_SLOTS)];
    const start = slot % SLAB_SLOTS * SLOT_ROWS;
    const end = start + this.#counts[slot];
    const first = times[start] >= minTimeMs ? start : firstFrom(times, start, end, minTimeMs);
    const behind = times[end - 1] <= maxTimeMs ? end : firstAfter(times, start, end, maxTimeMs);
    const rows = behind - first;
    if (rows <= 0) return true;
    into.reserve(rows);
    into.timestamps.set(times.subarray(first, behind), into.length);
    into.values.set(values.subarray(first, behind), into.length);
    into.startTimestamps?.fill(0, into.length, into.length + rows);
    into.length += rows;
    if (into.histograms) into.histograms.length = into.length;
    return true;
  }

  /** Offers rows [from, from + count) of the columns: the whole chunk, floats without start times. */
  offer(key: number, columns: SampleColumns, from: number, count: number): void {
    if (count > SLOT_ROWS || this.#maxSlots === 0) return;
    const slot = this.#slotFor();
    if (slot < 0) return;
    const { times, values } = this.#slabs[Math.floor(slot / SLAB_SLOTS)];
    const start = slot % SLAB_SLOTS * SLOT_ROWS;
    times.set(columns.timestamps.subarray(from, from + count), start);
    values.set(columns.values.subarray(from, from + count), start);
    this.#counts[slot] = count;
    this.#keys[slot] = key;
    this.#wasRead[slot] = 0;
    this.#slotOf.set(key, slot);
  }

  drop(key: number): void {
    const slot = this.#slotOf.get(key);
    if (slot === undefined) return;
    this.#slotOf.delete(key);
    this.#free.push(slot);
  }

  #slotFor(): number {
    const freed = this.#free.pop();
    if (freed !== undefined) return freed;
    if (this.#slots < this.#maxSlots) {
      if (this.#slots % SLAB_SLOTS === 0) {
        const rows = Math.min(SLAB_SLOTS, this.#maxSlots - this.#slots) * SLOT_ROWS;
        this.#slabs.push({ times: new Float64Array(rows), values: new Float64Array(rows) });
      }
      return this.#slots++;
    }
    if (++this.#refused % ADMIT_ONE_OF !== 0) return -1;
    while (this.#wasRead[this.#hand] === 1) {
      this.#wasRead[this.#hand] = 0;
      this.#hand = (this.#hand + 1) % this.#maxSlots;
    }
    const victim = this.#hand;
    this.#hand = (this.#hand + 1) % this.#maxSlots;
    this.#slotOf.delete(this.#keys[victim]);
    return victim;
  }
}
