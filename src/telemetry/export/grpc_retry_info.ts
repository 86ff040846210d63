/** Longest header that is decoded, in characters. */
const MAX_LENGTH = 8_192;

/**
 * How long a gRPC receiver asks to be left alone, ms: google.rpc.RetryInfo inside the google.rpc.Status of
 * `grpc-status-details-bin`. `undefined`: it doesn't say.
 *
 *     Status    { code = 1, message = 2, repeated Any details = 3 }
 *     Any       { type_url = 1, value = 2 }
 *     RetryInfo { Duration retry_delay = 1 }    Duration { seconds = 1, nanos = 2 }
 */
export function retryDelayOf(header: string | null): number | undefined {
  if (header === null || header.length > MAX_LENGTH) return undefined;
  try {
    const status = Uint8Array.fromBase64(header.trim().replace(/=+$/, ""), { lastChunkHandling: "loose" });
    for (const { field, bytes } of fieldsOf(status)) {
      if (field !== 3 || !bytes) continue;
      const any = [...fieldsOf(bytes)];
      const type = new TextDecoder().decode(any.find(({ field }) => field === 1)?.bytes);
      const info = any.find(({ field }) => field === 2)?.bytes;
      if (type.endsWith("/google.rpc.RetryInfo") && info) return durationMs(info);
    }
  } catch {
    // not what it should be: as good as absent
  }
  return undefined;
}

function durationMs(retryInfo: Uint8Array): number | undefined {
  const delay = [...fieldsOf(retryInfo)].find(({ field }) => field === 1)?.bytes;
  if (!delay) return undefined;
  let totalMs = 0;
  for (const { field, value } of fieldsOf(delay)) {
    if (field === 1) totalMs += value * 1_000;
    if (field === 2) totalMs += value / 1e6;
  }
  return totalMs;
}

interface Field {
  readonly field: number;
  /** Of a varint. */
  readonly value: number;
  /** Of a length-delimited field. */
  readonly bytes: Uint8Array | undefined;
}

/** Fields of a protobuf message, of the two wire types that are met here. @throws on anything else */
function* fieldsOf(message: Uint8Array): Iterable<Field> {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; shift < 63; shift += 7) {
      if (at >= message.length) throw new Error("cut off");
      const byte = message[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error("a number without end");
  };
  while (at < message.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    const value = varint();
    if (tag % 8 === 0) yield { field, value, bytes: undefined };
    else if (tag % 8 === 2) {
      if (at + value > message.length) throw new Error("cut off");
      yield { field, value: 0, bytes: message.subarray(at, at += value) };
    } else throw new Error("another wire type");
  }
}
