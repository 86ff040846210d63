import { compress } from "snappyjs";
import { ByteWriter } from "../../../src/base/bytes.ts";
import type { Labels } from "../../../src/model/labels.ts";

/** Samples of one series, rows of [timestamp in ms, value]. */
export interface Written {
  readonly labels: Labels;
  readonly rows: readonly (readonly [number, number])[];
}

/** Sends samples to a Prometheus server that takes remote writes (prompb, WriteRequest; snappy). Throws on an error. */
export async function remoteWrite(url: string, series: readonly Written[]): Promise<void> {
  const request = new ByteWriter();
  for (const { labels, rows } of series) {
    const one = new ByteWriter();
    for (const [name, value] of labels) {
      const label = new ByteWriter();
      field(label, 1, new TextEncoder().encode(name));
      field(label, 2, new TextEncoder().encode(value));
      field(one, 1, label.written());
    }
    for (const [timestampMs, value] of rows) field(one, 2, sample(timestampMs, value));
    field(request, 1, one.written());
  }
  const body = compress(request.written().slice()) as Uint8Array<ArrayBuffer>;
  const response = await fetch(`${url}/api/v1/write`, {
    method: "POST",
    body,
    headers: {
      "Content-Encoding": "snappy",
      "Content-Type": "application/x-protobuf",
      "X-Prometheus-Remote-Write-Version": "0.1.0",
    },
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`remote write: ${response.status} ${answer}`);
}

/** A length-delimited field. */
function field(to: ByteWriter, number: number, bytes: Uint8Array): void {
  to.uvarint(number << 3 | 2);
  to.uvarint(bytes.length);
  to.put(bytes);
}

/** │ value = 1 <double, LE> │ timestamp = 2 <varint> │ */
function sample(timestampMs: number, value: number): Uint8Array {
  const to = new ByteWriter();
  const little = new DataView(new ArrayBuffer(8));
  little.setFloat64(0, value, true);
  to.uvarint(1 << 3 | 1);
  to.put(new Uint8Array(little.buffer));
  to.uvarint(2 << 3);
  to.uvarint(timestampMs);
  return to.written();
}
