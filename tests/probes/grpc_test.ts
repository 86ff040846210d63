import assert from "node:assert/strict";
import type { GrpcAction } from "../../src/config/mod.ts";
import type { Reason } from "../../src/model/probe_result.ts";
import { VERSION } from "../../src/model/version.ts";
import { grpcHealthPeer } from "../support/grpc_health_peer.ts";
import type { GrpcAnswer } from "../support/grpc_health_server.ts";
import { frame } from "../support/grpc_health_wire.ts";
import { assertOutcome, grpc, probeOnce, probeTimes, TRACE, TRACEPARENT } from "./harness.ts";

interface Case {
  readonly name: string;
  readonly answer: GrpcAnswer;
  readonly action?: Partial<GrpcAction>;
  readonly want: "pass" | Reason;
  readonly code?: number;
  readonly detail?: RegExp;
  readonly timeoutMs?: number;
}

const CASES: readonly Case[] = [
  { name: "SERVING", answer: { kind: "serving_status", status: "SERVING" }, want: "pass", code: 0 },
  {
    name: "NOT_SERVING",
    answer: { kind: "serving_status", status: "NOT_SERVING" },
    want: "not_serving",
    code: 0,
    detail: /^the server is NOT_SERVING$/,
  },
  {
    name: "UNKNOWN of a service",
    answer: { kind: "serving_status", status: "UNKNOWN" },
    action: { service: "shop" },
    want: "not_serving",
    detail: /^service "shop" is UNKNOWN$/,
  },
  {
    name: "SERVICE_UNKNOWN",
    answer: { kind: "serving_status", status: "SERVICE_UNKNOWN" },
    want: "not_serving",
  },
  {
    name: "a status from the future",
    answer: { kind: "raw", body: frame([8, 99]), trailers: { "grpc-status": "0" } },
    want: "not_serving",
    detail: /status 99/,
  },
  {
    name: "fields from the future",
    answer: {
      kind: "raw",
      body: frame([18, 2, 1, 2, 8, 1, 25, 1, 2, 3, 4, 5, 6, 7, 8, 29, 1, 2, 3, 4, 32, 0x80, 1]),
      trailers: { "grpc-status": "0" },
    },
    want: "pass",
  },
  {
    name: "NOT_FOUND",
    answer: { kind: "error", code: 5, message: "unknown service shop" },
    want: "rpc",
    code: 5,
    detail: /^the call ended with NOT_FOUND: "unknown service shop"$/,
  },
  {
    name: "UNIMPLEMENTED",
    answer: { kind: "error", code: 12, message: "" },
    want: "unimplemented",
    code: 12,
  },
  {
    name: "an error in UTF-8",
    answer: { kind: "error", code: 14, message: "größer\n100 %" },
    want: "rpc",
    code: 14,
    detail: /UNAVAILABLE: "größer 100 %"/,
  },
  {
    name: "an error from the future",
    answer: { kind: "error", code: 77, message: "" },
    want: "rpc",
    code: 77,
  },
  {
    name: "an error in trailers, after a message",
    answer: {
      kind: "raw",
      body: frame([8, 1]),
      trailers: { "grpc-status": "8", "grpc-message": "too%20much" },
    },
    want: "rpc",
    code: 8,
    detail: /too much/,
  },
  { name: "no answer", answer: { kind: "hang" }, want: "timeout", timeoutMs: 100 },
  { name: "headers alone", answer: { kind: "hang_after_headers" }, want: "timeout", timeoutMs: 100 },
  { name: "a reset", answer: { kind: "reset", code: 7 }, want: "rpc", detail: /REFUSED_STREAM/ },
  { name: "a goodbye", answer: { kind: "go_away" }, want: "rpc" },
  { name: "a close", answer: { kind: "disconnect" }, want: "rpc", detail: /closed before the call's end/ },
  {
    name: "a proxy's page",
    answer: { kind: "http", status: 502, contentType: "text/html", body: "<html>" },
    want: "rpc",
    detail: /HTTP status "502"/,
  },
  {
    name: "a page in place of gRPC",
    answer: { kind: "http", status: 200, contentType: "text/html", body: "<html>" },
    want: "rpc",
    detail: /"text\/html"/,
  },
  {
    name: "no message",
    answer: { kind: "raw", body: new Uint8Array(), trailers: { "grpc-status": "0" } },
    want: "rpc",
  },
  {
    name: "half a message",
    answer: { kind: "raw", body: frame([8, 1]).subarray(0, 6), trailers: { "grpc-status": "0" } },
    want: "rpc",
  },
  {
    name: "a broken message",
    answer: { kind: "raw", body: frame([8]), trailers: { "grpc-status": "0" } },
    want: "rpc",
  },
  {
    name: "a field that runs over",
    answer: { kind: "raw", body: frame([18, 200, 1]), trailers: { "grpc-status": "0" } },
    want: "rpc",
  },
  {
    name: "a compressed message",
    answer: { kind: "raw", body: new Uint8Array([1, 0, 0, 0, 0]), trailers: { "grpc-status": "0" } },
    want: "rpc",
  },
  {
    name: "an endless message",
    answer: { kind: "raw", body: new Uint8Array(60_000), trailers: { "grpc-status": "0" } },
    want: "rpc",
    detail: /too long/,
  },
  {
    name: "no trailers",
    answer: { kind: "raw", body: frame([8, 1]) },
    want: "rpc",
    detail: /without a gRPC status/,
  },
  {
    name: "trailers without a status",
    answer: { kind: "raw", body: frame([8, 1]), trailers: { "x": "y" } },
    want: "rpc",
  },
  {
    name: "a status that is no number",
    answer: { kind: "raw", body: frame([8, 1]), trailers: { "grpc-status": "fine" } },
    want: "rpc",
  },
];

for (const { name, answer, action, want, code, detail, timeoutMs } of CASES) {
  Deno.test(`grpc probe, ${name}: ${want}`, async () => {
    await using peer = await grpcHealthPeer();
    peer.misbehave(answer);
    const run = await probeOnce(grpc({ port: peer.port, ...action }), { timeoutMs });
    assertOutcome(run, want, detail);
    if (code !== undefined) assert.equal(run.facts.grpcStatusCode, code);
  });
}

Deno.test("grpc probe asks as a gRPC client does", async () => {
  await using peer = await grpcHealthPeer({ statuses: { shop: "SERVING" } });
  const metadata = [
    { name: "X-Tenant", value: "blue" },
    { name: "content-type", value: "text/plain" },
    { name: ":path", value: "/elsewhere" },
  ];
  const action = grpc({ port: peer.port, service: "shop", metadata });
  assertOutcome(await probeOnce(action, { trace: TRACE, timeoutMs: 2_500 }), "pass");
  const [{ service, headers }] = peer.calls;
  assert.equal(service, "shop");
  assert.deepEqual({ ...headers }, {
    ":method": "POST",
    ":scheme": "http",
    ":path": "/grpc.health.v1.Health/Check",
    ":authority": `127.0.0.1:${peer.port}`,
    "te": "trailers",
    "content-type": "application/grpc",
    "user-agent": `bunny/${VERSION}`,
    "grpc-timeout": "2500m",
    "x-tenant": "blue",
    "traceparent": TRACEPARENT,
  });
});

Deno.test("grpc probe asks for a service whose name is long, and not all ASCII", async () => {
  const service = `größe.${"x".repeat(300)}`;
  await using peer = await grpcHealthPeer({ statuses: { [service]: "SERVING" } });
  assertOutcome(await probeOnce(grpc({ port: peer.port, service })), "pass");
});

Deno.test("grpc probe sends metadata larger than a frame", async () => {
  await using peer = await grpcHealthPeer();
  const value = "v".repeat(40_000);
  assertOutcome(await probeOnce(grpc({ port: peer.port, metadata: [{ name: "x-big", value }] })), "pass");
  assert.equal(peer.calls[0].headers["x-big"], value);
});

Deno.test("grpc probe never tells its metadata, even when the target says them back", async () => {
  await using peer = await grpcHealthPeer();
  peer.misbehave({ kind: "error", code: 16, message: "no entry with key tell-nobody" });
  const action = grpc({
    port: peer.port,
    metadata: [{ name: "authorization", value: "Bearer tell-nobody" }],
  });
  assertOutcome(await probeOnce(action), "rpc", /UNAUTHENTICATED: "no entry with key \*\*\*"/);
});

Deno.test("grpc probe follows a server's status from run to run", async () => {
  await using peer = await grpcHealthPeer();
  const runs = await probeTimes(3, grpc({ port: peer.port }), {}, (run) => {
    peer.setStatus("", run === 1 ? "NOT_SERVING" : "SERVING");
  });
  assert.deepEqual(runs.map(({ outcome }) => outcome.kind), ["pass", "fail", "pass"]);
});
