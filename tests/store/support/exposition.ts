import { ByteWriter } from "../../../src/base/bytes.ts";

/** How a scrape offers native histograms: the only form that Prometheus 2.42 takes them in. */
export const PROTOBUF_TYPE =
  "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

/** An integer native histogram, as client libraries expose it. */
export interface ExposedHistogram {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly sum: number;
  readonly spans: readonly { offset: number; length: number }[];
  readonly counts: readonly number[];
}

/** One family of one histogram, in Prometheus' protobuf exposition format (io.prometheus.client, metrics.proto). */
export function exposeHistogram(name: string, histogram: ExposedHistogram): Uint8Array {
  const total = histogram.zeroCount + histogram.counts.reduce((sum, count) => sum + count, 0);
  const body = message((to) => {
    uint(to, 1, total);
    double(to, 2, histogram.sum);
    sint(to, 5, histogram.schema);
    double(to, 6, histogram.zeroThreshold);
    uint(to, 7, histogram.zeroCount);
    for (const { offset, length } of histogram.spans) {
      bytes(
        to,
        12,
        message((span) => {
          sint(span, 1, offset);
          uint(span, 2, length);
        }),
      );
    }
    histogram.counts.forEach((count, i) => sint(to, 13, count - (histogram.counts[i - 1] ?? 0)));
  });
  const family = message((to) => {
    bytes(to, 1, new TextEncoder().encode(name));
    uint(to, 3, 4); // HISTOGRAM
    bytes(to, 4, message((metric) => bytes(metric, 7, body)));
  });
  return message((to) => {
    to.uvarint(family.length);
    to.put(family);
  });
}

function message(write: (to: ByteWriter) => void): Uint8Array {
  const to = new ByteWriter();
  write(to);
  return to.written().slice();
}

function uint(to: ByteWriter, field: number, value: number): void {
  to.uvarint(field << 3);
  to.uvarint(value);
}

function sint(to: ByteWriter, field: number, value: number): void {
  to.uvarint(field << 3);
  to.varint(value);
}

function double(to: ByteWriter, field: number, value: number): void {
  to.uvarint(field << 3 | 1);
  const little = new Uint8Array(new Float64Array([value]).buffer);
  to.put(little);
}

function bytes(to: ByteWriter, field: number, content: Uint8Array): void {
  to.uvarint(field << 3 | 2);
  to.uvarint(content.length);
  to.put(content);
}
