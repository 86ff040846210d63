import { LOOKAHEAD_BYTES } from "./bits.ts";

/** Ordinary slabs' size. An ArrayBuffer of its own costs over 100 bytes, so hundreds of chunks share one. */
const SLAB_BYTES = 64 * 1024;

/** Empty slabs kept for later: each block that is cut frees as many as are needed again until the next. */
const MAX_SPARE_SLABS = 64;

/** One piece of memory with chunks behind each other. */
interface Slab {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  used: number;
  /** Chunks that still live in it. */
  live: number;
}

/** How a chunk's bytes read; the numbers are Prometheus' (tsdb/chunkenc, Encoding). */
export const Encoding = {
  XOR: 1,
  HISTOGRAM: 2,
  FLOAT_HISTOGRAM: 3,
  XOR2: 4,
  HISTOGRAM_ST: 5,
  FLOAT_HISTOGRAM_ST: 6,
} as const;
export type Encoding = (typeof Encoding)[keyof typeof Encoding];

declare const kind: unique symbol;
/** A closed chunk in a ChunkStore; reused once freed. */
export type ChunkId = number & { readonly [kind]: "chunk" };

/**
 * The head's closed chunks: bytes in slabs, everything else in columns, row = ChunkId. Chunks are written in order
 * of time and expire in that order, so whole slabs become free.
 */
export class ChunkStore {
  #slabs: (Slab | undefined)[] = [];
  #current = -1;
  readonly #spare: Slab[] = [];
  readonly #freeSlots: number[] = [];
  readonly #freeIds: number[] = [];
  #rows = 0;
  #bytes = 0;

  #minTimes = new Float64Array(256);
  #maxTimes = new Float64Array(256);
  #slabOf = new Uint32Array(256);
  #offsets = new Uint32Array(256);
  #lengths = new Uint32Array(256);
  #counts = new Uint16Array(256);
  #encodings = new Uint8Array(256);
  /** Start timestamps of the few chunks that have any; Prometheus' plain encodings have no place for them. */
  readonly #starts = new Map<ChunkId, Float64Array>();

  /** How many chunks there are. */
  get size(): number {
    return this.#rows - this.#freeIds.length;
  }

  /** Length of all chunks together. */
  get dataBytes(): number {
    return this.#bytes;
  }

  /** Memory taken, columns and unused parts of slabs included. */
  get memoryBytes(): number {
    const slabs = this.#slabs.reduce((sum, slab) => sum + (slab?.bytes.length ?? 0), 0);
    return slabs + this.#minTimes.length * 31;
  }

  /** Copies the first `length` bytes in. */
  add(
    encoding: Encoding,
    bytes: Uint8Array,
    length: number,
    count: number,
    minTimeMs: number,
    maxTimeMs: number,
    starts?: Float64Array,
  ): ChunkId {
    const index = this.#slabFor(length);
    const slab = this.#slabs[index]!;
    const id = this.#newId();
    this.#minTimes[id] = minTimeMs;
    this.#maxTimes[id] = maxTimeMs;
    this.#slabOf[id] = index;
    this.#offsets[id] = slab.used;
    this.#lengths[id] = length;
    this.#counts[id] = count;
    this.#encodings[id] = encoding;
    if (starts) this.#starts.set(id, starts);
    slab.bytes.set(bytes.subarray(0, length), slab.used);
    slab.used += length;
    slab.live++;
    this.#bytes += length;
    return id;
  }

  free(id: ChunkId): void {
    const index = this.#slabOf[id];
    const slab = this.#slabs[index]!;
    this.#bytes -= this.#lengths[id];
    this.#starts.delete(id);
    this.#freeIds.push(id);
    if (--slab.live > 0) return;
    slab.used = 0;
    if (index === this.#current) return;
    this.#slabs[index] = undefined;
    this.#freeSlots.push(index);
    if (slab.bytes.length === SLAB_BYTES && this.#spare.length < MAX_SPARE_SLABS) this.#spare.push(slab);
  }

  minTimeMs(id: ChunkId): number {
    return this.#minTimes[id];
  }

  maxTimeMs(id: ChunkId): number {
    return this.#maxTimes[id];
  }

  count(id: ChunkId): number {
    return this.#counts[id];
  }

  /** Of its bytes. */
  length(id: ChunkId): number {
    return this.#lengths[id];
  }

  encoding(id: ChunkId): Encoding {
    return this.#encodings[id] as Encoding;
  }

  starts(id: ChunkId): Float64Array | undefined {
    return this.#starts.get(id);
  }

  /** The memory that holds the chunk: it starts at `offset(id)`, and may be read LOOKAHEAD_BYTES past its end. */
  view(id: ChunkId): DataView {
    return this.#slabs[this.#slabOf[id]]!.view;
  }

  offset(id: ChunkId): number {
    return this.#offsets[id];
  }

  /** The chunk's bytes, valid until it is freed. */
  bytes(id: ChunkId): Uint8Array {
    const offset = this.#offsets[id];
    return this.#slabs[this.#slabOf[id]]!.bytes.subarray(offset, offset + this.#lengths[id]);
  }

  #slabFor(length: number): number {
    const needed = length + LOOKAHEAD_BYTES;
    if (needed > SLAB_BYTES) return this.#place(newSlab(needed));
    const current = this.#slabs[this.#current];
    if (current && current.used + needed <= current.bytes.length) return this.#current;
    const last = this.#current;
    this.#current = this.#place(this.#spare.pop() ?? newSlab(SLAB_BYTES));
    if (current?.live === 0) {
      this.#slabs[last] = undefined;
      this.#freeSlots.push(last);
    }
    return this.#current;
  }

  #place(slab: Slab): number {
    const index = this.#freeSlots.pop() ?? this.#slabs.length;
    this.#slabs[index] = slab;
    return index;
  }

  #newId(): ChunkId {
    const freed = this.#freeIds.pop();
    if (freed !== undefined) return freed as ChunkId;
    if (this.#rows === this.#minTimes.length) this.#grow();
    return this.#rows++ as ChunkId;
  }

  #grow(): void {
    const capacity = this.#rows * 2;
    const larger = <T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(column: T, grown: T) => {
      grown.set(column);
      return grown;
    };
    this.#minTimes = larger(this.#minTimes, new Float64Array(capacity));
    this.#maxTimes = larger(this.#maxTimes, new Float64Array(capacity));
    this.#slabOf = larger(this.#slabOf, new Uint32Array(capacity));
    this.#offsets = larger(this.#offsets, new Uint32Array(capacity));
    this.#lengths = larger(this.#lengths, new Uint32Array(capacity));
    this.#counts = larger(this.#counts, new Uint16Array(capacity));
    this.#encodings = larger(this.#encodings, new Uint8Array(capacity));
  }
}

function newSlab(size: number): Slab {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer), used: 0, live: 0 };
}
