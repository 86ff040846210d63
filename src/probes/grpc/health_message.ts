/**
 * The few bytes of gRPC and `grpc.health.v1` that a health check needs (gRPC, PROTOCOL-HTTP2; Protocol Buffers,
 * encoding). A message on the wire:
 *
 *   │ compressed <1b: 0 or 1> │ length <4b, BE> │ message <length bytes> │
 *
 * with `HealthCheckRequest { string service = 1; }` and `HealthCheckResponse { ServingStatus status = 1; }`.
 */
const PREFIX_BYTES = 5;

const STATUS_NAMES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

/** `ServingStatus.SERVING`. */
export const SERVING = 1;

const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Field 1 of the request, of wire type `bytes`. */
const SERVICE_TAG = 1 << 3 | WIRE.bytes;

/** A request for one service's health; "": the server as a whole. */
export function encodeCheck(service: string): Uint8Array {
  const name = new TextEncoder().encode(service);
  const message = name.length === 0 ? [] : [SERVICE_TAG, ...varint(name.length), ...name]; // a default is left out
  const framed = new Uint8Array(PREFIX_BYTES + message.length);
  new DataView(framed.buffer).setUint32(1, message.length);
  framed.set(message, PREFIX_BYTES);
  return framed;
}

export type Check =
  /** The number of a `ServingStatus`; a newer server may know more of them than we. */
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "broken"; readonly detail: string };

/** Reads the one message of an answer. */
export function decodeCheck(framed: Uint8Array): Check {
  if (framed.length < PREFIX_BYTES) return broken("the answer holds no message");
  if (framed[0] !== 0) return broken("the answer is compressed, which was not asked for");
  const length = new DataView(framed.buffer, framed.byteOffset).getUint32(1);
  if (framed.length !== PREFIX_BYTES + length) return broken("the answer is not one message");
  const from = new MessageReader(framed.subarray(PREFIX_BYTES));
  let status = 0;
  while (!from.atEnd) {
    const tag = from.varint();
    if (tag === (1 << 3 | WIRE.varint)) status = from.varint();
    else from.skip(tag & 7);
  }
  return from.broken ? broken("the answer is no HealthCheckResponse") : { kind: "status", status };
}

export function statusName(status: number): string {
  return STATUS_NAMES[status] ?? `status ${status}`;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value >>>= 7) bytes.push(value & 0x7f | 0x80);
  bytes.push(value);
  return bytes;
}

function broken(detail: string): Check {
  return { kind: "broken", detail };
}

/** Reads a message field by field, with one sticky error. */
class MessageReader {
  broken = false;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.broken || this.#at >= this.#bytes.length;
  }

  /** The lowest 32 bits are enough for tags, lengths and enums. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70 && this.#at < this.#bytes.length; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    this.broken = true;
    return 0;
  }

  skip(wireType: number): void {
    if (wireType === WIRE.varint) this.varint();
    else if (wireType === WIRE.bytes) this.#advance(this.varint());
    else if (wireType === WIRE.fixed64) this.#advance(8);
    else if (wireType === WIRE.fixed32) this.#advance(4);
    else this.broken = true;
  }

  #advance(bytes: number): void {
    this.#at += bytes;
    if (this.#at > this.#bytes.length) this.broken = true;
  }
}
