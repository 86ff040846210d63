/**
 * HTTP/2's frames (RFC 9113, 4.1):
 *
 *   │ length <3b, BE> │ type <1b> │ flags <1b> │ stream <4b, BE> │ payload <length bytes> │
 */
const HEADER_BYTES = 9;

/** Largest payload where nobody allows more: we never do. */
export const MAX_PAYLOAD_BYTES = 16_384;

export const FRAME = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  rstStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goAway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
} as const;

export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** Error codes (RFC 9113, 7), as far as we send them. */
export const HTTP2_ERROR = {
  noError: 0x0,
  protocolError: 0x1,
  internalError: 0x2,
  flowControlError: 0x3,
  frameSizeError: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  compressionError: 0x9,
  enhanceYourCalm: 0xb,
} as const;

export interface Frame {
  type: number;
  flags: number;
  /** 0: the connection itself. */
  streamId: number;
  payload: Uint8Array;
}

/** The other side broke HTTP/2; the connection ends with this code. */
export class ProtocolError extends Error {
  readonly code: number;

  constructor(message: string, code: number = HTTP2_ERROR.protocolError) {
    super(message);
    this.code = code;
  }
}

export function encodeFrame({ type, flags, streamId, payload }: Frame): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length * 256 + type);
  view.setUint8(4, flags);
  view.setUint32(5, streamId);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** A payload of 32-bit numbers, big-endian. */
export function u32s(...values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, index) => view.setUint32(4 * index, value));
  return new Uint8Array(view.buffer);
}

/** Gathers bytes and hands out what is complete. */
export class FrameReader {
  #bytes = new Uint8Array(0);

  push(chunk: Uint8Array): void {
    const joined = new Uint8Array(this.#bytes.length + chunk.length);
    joined.set(this.#bytes);
    joined.set(chunk, this.#bytes.length);
    this.#bytes = joined;
  }

  /**
   * Takes `text` off the front.
   * @returns whether it was there; `undefined`: not enough came yet to tell
   */
  takePrefix(text: string): boolean | undefined {
    const comparable = Math.min(text.length, this.#bytes.length);
    for (let at = 0; at < comparable; at++) if (this.#bytes[at] !== text.charCodeAt(at)) return false;
    if (comparable < text.length) return undefined;
    this.#bytes = this.#bytes.subarray(text.length);
    return true;
  }

  /** @returns the next frame, or `undefined` until it is complete. @throws ProtocolError when it is too large */
  next(): Frame | undefined {
    if (this.#bytes.length < HEADER_BYTES) return undefined;
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
    const length = view.getUint32(0) >>> 8;
    if (length > MAX_PAYLOAD_BYTES) {
      throw new ProtocolError(`a frame of ${length} bytes is too large`, HTTP2_ERROR.frameSizeError);
    }
    const end = HEADER_BYTES + length;
    if (this.#bytes.length < end) return undefined;
    const frame = {
      type: view.getUint8(3),
      flags: view.getUint8(4),
      streamId: view.getUint32(5) & 0x7fff_ffff,
      payload: this.#bytes.subarray(HEADER_BYTES, end),
    };
    this.#bytes = this.#bytes.subarray(end);
    return frame;
  }
}

/** DATA's and HEADERS' content without padding and priority (RFC 9113, 6.1 and 6.2). */
export function unpad({ flags, payload, type }: Frame): Uint8Array {
  let from = 0;
  let padding = 0;
  if (flags & FLAG.padded) padding = payload[from++] ?? 0;
  if (type === FRAME.headers && flags & FLAG.priority) from += 5;
  if (from + padding > payload.length) throw new ProtocolError("more padding than payload");
  return payload.subarray(from, payload.length - padding);
}
