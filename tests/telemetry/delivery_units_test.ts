import assert from "node:assert/strict";
import { backoffMs } from "../../src/telemetry/export/backoff.ts";
import { retryDelayOf } from "../../src/telemetry/export/grpc_retry_info.ts";
import { parseRetryAfter } from "../../src/telemetry/export/http_transport.ts";

const waits: { failures: number; wishMs?: number; chance: number; want: number }[] = [
  { failures: 1, chance: 1, want: 1_000 },
  { failures: 1, chance: 0, want: 500 },
  { failures: 2, chance: 1, want: 2_000 },
  { failures: 5, chance: 0.5, want: 12_000 },
  { failures: 6, chance: 1, want: 30_000 },
  { failures: 1_000_000, chance: 1, want: 30_000 },
  { failures: 1, wishMs: 7_000, chance: 1, want: 7_000 },
  { failures: 6, wishMs: 7_000, chance: 1, want: 30_000 },
  { failures: 1, wishMs: 86_400_000, chance: 1, want: 300_000 },
];

for (const { failures, wishMs, chance, want } of waits) {
  Deno.test(`after ${failures} failures, a wish of ${wishMs} ms and chance ${chance} the wait is ${want} ms`, () => {
    assert.equal(backoffMs(failures, wishMs, chance), want);
  });
}

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);
const retryAfters: { text: string | null; want: number | undefined }[] = [
  { text: null, want: undefined },
  { text: "0", want: 0 },
  { text: " 120 ", want: 120_000 },
  { text: "Thu, 01 Jan 2026 12:00:30 GMT", want: 30_000 },
  { text: "Thu, 01 Jan 2026 11:00:00 GMT", want: 0 },
  { text: "soon", want: undefined },
  { text: "-5", want: undefined },
  { text: "99999999999", want: undefined },
];

for (const { text, want } of retryAfters) {
  Deno.test(`Retry-After ${JSON.stringify(text)} is ${want} ms`, () => {
    const found = parseRetryAfter(text, NOW);
    if (text === "-5") assert.ok(found === undefined || found === 0); // some date parsers see a year in it
    else assert.equal(found, want);
  });
}

/** A length-delimited protobuf field. */
function field(number: number, bytes: number[]): number[] {
  return [number * 8 + 2, bytes.length, ...bytes];
}
const text = (value: string) => [...new TextEncoder().encode(value)];
const retryInfo = (delay: number[]) =>
  new Uint8Array([
    8,
    14,
    ...field(2, text("busy")),
    ...field(3, [...field(1, text("type.googleapis.com/google.rpc.DebugInfo")), ...field(2, [])]),
    ...field(3, [
      ...field(1, text("type.googleapis.com/google.rpc.RetryInfo")),
      ...field(2, field(1, delay)),
    ]),
  ]).toBase64();

const details: { name: string; header: string | null; want: number | undefined }[] = [
  { name: "absent", header: null, want: undefined },
  { name: "seconds", header: retryInfo([8, 5]), want: 5_000 },
  { name: "without padding", header: retryInfo([8, 5]).replace(/=+$/, ""), want: 5_000 },
  {
    name: "seconds and nanoseconds",
    header: retryInfo([8, 1, 16, 0x80, 0xca, 0xb5, 0xee, 0x01]),
    want: 1_500,
  },
  { name: "nothing of the kind", header: new Uint8Array([8, 14]).toBase64(), want: undefined },
  { name: "not base64", header: "!!!", want: undefined },
  { name: "cut off", header: new Uint8Array([26, 100, 1]).toBase64(), want: undefined },
  { name: "a number without end", header: new Uint8Array(20).fill(0xff).toBase64(), want: undefined },
  { name: "too long", header: "A".repeat(10_000), want: undefined },
];

for (const { name, header, want } of details) {
  Deno.test(`gRPC's wish to be left alone: ${name}`, () => assert.equal(retryDelayOf(header), want));
}
