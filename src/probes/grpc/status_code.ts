import { percentDecoded } from "../../base/text.ts";

/** gRPC's status codes (gRPC, statuscodes); a code is its index. */
const NAMES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

export const OK = 0;
export const UNIMPLEMENTED = 12;

export function codeName(code: number): string {
  return NAMES[code] ?? `code ${code}`;
}

/** A `grpc-message` as text: UTF-8, percent-encoded; what is broken in it stays as it is. */
export function decodeMessage(encoded: string): string {
  return percentDecoded(encoded) ?? encoded;
}
