/**
 * The few bytes of gRPC and of grpc.health.v1 that a health check needs.
 * Sources: gRPC over HTTP/2 (PROTOCOL-HTTP2), the gRPC health checking protocol, Protocol Buffers' encoding.
 *
 * A message on the wire:
 *
 *   │ compressed <1b: 0 or 1> │ length <4b, BE> │ message <length bytes> │
 *
 * The messages: `HealthCheckRequest { string service = 1 }`, `HealthCheckResponse { ServingStatus status = 1 }`.
 */

/** `ServingStatus` by name; its number on the wire is the index. */
const SERVING_STATUSES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const;

export type ServingStatus = typeof SERVING_STATUSES[number];

/** The gRPC status codes used here (gRPC, statuscodes.md). */
export const GRPC_CODE = {
  ok: 0,
  unknown: 2,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

/** First byte of a field: its number, shifted by the wire type's three bits. */
const SERVICE_TAG = 1 << 3 | 2; // field 1, length-delimited
const STATUS_TAG = 1 << 3 | 0; // field 1, varint
const FRAME_HEADER_BYTES = 5;

export type Decoded<T> = { kind: "ok"; value: T } | { kind: "malformed"; message: string };

/** A framed `HealthCheckRequest`. */
export function encodeRequest(service: string): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(service);
  // proto3 leaves a default value out.
  return frame(name.length === 0 ? [] : [SERVICE_TAG, ...varint(name.length), ...name]);
}

/** A framed `HealthCheckResponse`. */
export function encodeResponse(status: ServingStatus): Uint8Array<ArrayBuffer> {
  const number = SERVING_STATUSES.indexOf(status);
  return frame(number === 0 ? [] : [STATUS_TAG, number]);
}

/** Reads a framed `HealthCheckRequest`: the service's name, "" for the server as a whole. */
export function decodeRequest(framed: Uint8Array): Decoded<string> {
  const message = unframe(framed);
  if (message.kind === "malformed") return message;
  let service = "";
  const problem = eachField(message.value, (tag, value) => {
    if (tag === SERVICE_TAG && value instanceof Uint8Array) service = new TextDecoder().decode(value);
  });
  return problem ? malformed(problem) : { kind: "ok", value: service };
}

/** Reads a framed `HealthCheckResponse`. A number without a name reads as UNKNOWN. */
export function decodeResponse(framed: Uint8Array): Decoded<ServingStatus> {
  const message = unframe(framed);
  if (message.kind === "malformed") return message;
  let status: ServingStatus = "UNKNOWN";
  const problem = eachField(message.value, (tag, value) => {
    if (tag === STATUS_TAG && typeof value === "number") status = SERVING_STATUSES[value] ?? "UNKNOWN";
  });
  return problem ? malformed(problem) : { kind: "ok", value: status };
}

/** Puts gRPC's five bytes before a message. */
export function frame(message: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const framed = new Uint8Array(FRAME_HEADER_BYTES + message.length);
  new DataView(framed.buffer).setUint32(1, message.length);
  framed.set(message, FRAME_HEADER_BYTES);
  return framed;
}

function unframe(framed: Uint8Array): Decoded<Uint8Array> {
  if (framed.length < FRAME_HEADER_BYTES) return malformed("the message's header is cut short");
  if (framed[0] !== 0) return malformed("the message is compressed");
  const length = new DataView(framed.buffer, framed.byteOffset).getUint32(1);
  if (framed.length !== FRAME_HEADER_BYTES + length) {
    return malformed(
      `the message is ${framed.length - FRAME_HEADER_BYTES} bytes long, its header says ${length}`,
    );
  }
  return { kind: "ok", value: framed.subarray(FRAME_HEADER_BYTES) };
}

/** Calls back for each field: a number for a varint, bytes otherwise. @returns what is wrong, if anything is */
function eachField(
  message: Uint8Array,
  onField: (tag: number, value: number | Uint8Array) => void,
): string | undefined {
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= message.length) return -1;
      const byte = message[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return -1;
  };
  while (at < message.length) {
    const tag = readVarint();
    if (tag < 8) return "a field's tag is broken";
    const wireType = tag % 8;
    if (wireType === 0) {
      const value = readVarint();
      if (value < 0) return "a number is cut short";
      onField(tag, value);
      continue;
    }
    const length = wireType === 2 ? readVarint() : wireType === 1 ? 8 : wireType === 5 ? 4 : -1;
    if (length < 0 || at + length > message.length) return "a field is cut short";
    onField(tag, message.subarray(at, at + length));
    at += length;
  }
  return undefined;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push(value % 0x80 | 0x80);
  bytes.push(value);
  return bytes;
}

function malformed(message: string): { kind: "malformed"; message: string } {
  return { kind: "malformed", message };
}
