import assert from "node:assert/strict";
import { checkHealth } from "./grpc_health_call.ts";
import { grpcHealthPeer } from "./grpc_health_peer.ts";
import type { GrpcAnswer } from "./grpc_health_server.ts";
import { authorityCertificate, serverCertificate } from "./tls_fixtures.ts";
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  frame,
  type ServingStatus,
} from "./grpc_health_wire.ts";

const utf8 = new TextEncoder();

for (
  const { service, bytes } of [
    { service: "", bytes: [0, 0, 0, 0, 0] },
    { service: "hi", bytes: [0, 0, 0, 0, 4, 0x0a, 2, 0x68, 0x69] },
    { service: "é", bytes: [0, 0, 0, 0, 4, 0x0a, 2, 0xc3, 0xa9] },
    { service: "x".repeat(200), bytes: [0, 0, 0, 0, 203, 0x0a, 0xc8, 1, ...utf8.encode("x".repeat(200))] },
  ]
) {
  Deno.test(`a health request for "${service.slice(0, 8)}" is the bytes protobuf has for it`, () => {
    assert.deepEqual([...encodeRequest(service)], bytes);
    assert.deepEqual(decodeRequest(new Uint8Array(bytes)), { kind: "ok", value: service });
  });
}

for (
  const { status, message } of [
    { status: "UNKNOWN", message: [] },
    { status: "SERVING", message: [8, 1] },
    { status: "NOT_SERVING", message: [8, 2] },
    { status: "SERVICE_UNKNOWN", message: [8, 3] },
  ] as Array<{ status: ServingStatus; message: number[] }>
) {
  Deno.test(`a health response of ${status} is the bytes protobuf has for it`, () => {
    assert.deepEqual(encodeResponse(status), frame(message));
    assert.deepEqual(decodeResponse(frame(message)), { kind: "ok", value: status });
  });
}

for (
  const { name, bytes, want } of [
    { name: "no frame", bytes: [], want: "the message's header is cut short" },
    { name: "a compressed message", bytes: [1, 0, 0, 0, 0], want: "the message is compressed" },
    { name: "a body shorter than its frame says", bytes: [0, 0, 0, 0, 2, 8], want: "is 1 bytes long" },
    { name: "a body longer than its frame says", bytes: [0, 0, 0, 0, 1, 8, 1], want: "is 2 bytes long" },
    { name: "a string cut short", bytes: [...frame([0x0a, 9, 0x68])], want: "a field is cut short" },
    { name: "a number cut short", bytes: [...frame([8, 0x80])], want: "a number is cut short" },
    { name: "an endless tag", bytes: [...frame(Array(12).fill(0xff))], want: "a field's tag is broken" },
    { name: "field number 0", bytes: [...frame([0, 1])], want: "a field's tag is broken" },
    { name: "a group", bytes: [...frame([0x0b])], want: "a field is cut short" },
  ]
) {
  Deno.test(`a health request of ${name} is malformed`, () => {
    const decoded = decodeRequest(new Uint8Array(bytes));
    assert.ok(decoded.kind === "malformed" && decoded.message.includes(want), JSON.stringify(decoded));
  });
}

Deno.test("a health request's unknown fields are skipped, the last of a repeated one wins", () => {
  const message = [0x10, 0x96, 1, 0x19, ...Array(8).fill(7), 0x25, 1, 2, 3, 4, 0x0a, 1, 0x61, 0x0a, 1, 0x62];
  assert.deepEqual(decodeRequest(frame(message)), { kind: "ok", value: "b" });
});

Deno.test("the gRPC health peer answers by its statuses and keeps what it was asked", async () => {
  await using peer = await grpcHealthPeer({ statuses: { "": "SERVING", db: "NOT_SERVING" } });
  const { port } = peer;
  assert.deepEqual(await checkHealth({ port }), { kind: "serving_status", status: "SERVING" });
  assert.deepEqual(await checkHealth({ port, service: "db" }), {
    kind: "serving_status",
    status: "NOT_SERVING",
  });
  peer.setStatus("db", "SERVING");
  assert.deepEqual(await checkHealth({ port, service: "db" }), { kind: "serving_status", status: "SERVING" });
  const unknown = { kind: "error", code: 5, message: "unknown service café %" };
  assert.deepEqual(await checkHealth({ port, service: "café %" }), unknown);
  assert.deepEqual(peer.calls.map((call) => call.service), ["", "db", "db", "café %"]);
  assert.equal(peer.calls[0].headers["te"], "trailers");
});

Deno.test("the gRPC health peer speaks TLS", async () => {
  await using peer = await grpcHealthPeer({ tls: serverCertificate() });
  const call = { port: peer.port, caCert: authorityCertificate() };
  assert.deepEqual(await checkHealth(call), { kind: "serving_status", status: "SERVING" });
  await using expired = await grpcHealthPeer({ tls: serverCertificate("expired") });
  await assert.rejects(checkHealth({ ...call, port: expired.port }), TypeError);
  assert.equal(expired.calls.length, 0);
});

Deno.test("the gRPC health peer refuses what is no health check, as gRPC servers do", async (t) => {
  await using peer = await grpcHealthPeer();
  const { port } = peer;
  for (
    const { name, call, want } of [
      {
        name: "another method",
        call: { path: "/grpc.health.v1.Health/Watch" },
        want: { kind: "error", code: 12, message: "unknown method /grpc.health.v1.Health/Watch" },
      },
      {
        name: "a broken request",
        call: { body: new Uint8Array([0, 0, 0, 0, 9]) },
        want: { kind: "error", code: 13, message: "the message is 0 bytes long, its header says 9" },
      },
      {
        name: "a huge request",
        call: { body: new Uint8Array(200_000) },
        want: { kind: "error", code: 8, message: "the request is larger than 65536 bytes" },
      },
    ]
  ) {
    await t.step(name, async () => assert.deepEqual(await checkHealth({ port, ...call }), want));
  }
  assert.equal(peer.calls.length, 0);
});

Deno.test("the gRPC health peer misbehaves as told, and behaves again", async (t) => {
  await using peer = await grpcHealthPeer();
  const { port } = peer;
  const raw = (body: Uint8Array, trailers?: Record<string, string>): GrpcAnswer => ({
    kind: "raw",
    body,
    trailers,
  });
  for (
    const { name, answer, want } of [
      {
        name: "says UNIMPLEMENTED",
        answer: { kind: "error", code: 12, message: "no such method" },
        want: { kind: "error", code: 12, message: "no such method" },
      },
      {
        name: "answers as a web server",
        answer: { kind: "http", status: 503, contentType: "text/html", body: "<p>no" },
        want: { kind: "no_grpc", detail: "HTTP status 503" },
      },
      {
        name: "sends a broken message",
        answer: raw(new Uint8Array([0, 0, 0]), { "grpc-status": "0" }),
        want: { kind: "no_grpc", detail: "the message's header is cut short" },
      },
      {
        name: "sends a message and no trailers",
        answer: raw(encodeResponse("SERVING")),
        want: { kind: "serving_status", status: "SERVING" },
      },
    ] as Array<{ name: string; answer: GrpcAnswer; want: unknown }>
  ) {
    await t.step(name, async () => {
      peer.misbehave(answer);
      assert.deepEqual(await checkHealth({ port }), want);
    });
  }
  for (
    const answer of [{ kind: "reset", code: 2 }, { kind: "go_away" }, { kind: "disconnect" }] as GrpcAnswer[]
  ) {
    await t.step(`ends the call by ${answer.kind}`, async () => {
      peer.misbehave(answer);
      const before = peer.calls.length;
      await assert.rejects(checkHealth({ port }), TypeError);
      assert.ok(peer.calls.length > before);
    });
  }
  for (const answer of [{ kind: "hang" }, { kind: "hang_after_headers" }] as GrpcAnswer[]) {
    await t.step(`keeps the caller waiting by ${answer.kind}`, async () => {
      peer.misbehave(answer);
      await assert.rejects(checkHealth({ port, signal: AbortSignal.timeout(200) }), { name: "TimeoutError" });
    });
  }
  peer.behave();
  assert.deepEqual(await checkHealth({ port }), { kind: "serving_status", status: "SERVING" });
});

Deno.test("the gRPC health peer outlives callers who leave early or talk rubbish", async () => {
  await using peer = await grpcHealthPeer();
  const { port } = peer;
  const preface = utf8.encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const emptySettings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
  const openings = [
    [],
    preface.subarray(0, 10),
    preface,
    [...preface, ...emptySettings],
    [...preface, ...emptySettings, ...Array(100).fill(0xff)],
    utf8.encode("GET / HTTP/1.1\r\nHost: bee\r\n\r\n"),
  ];
  for (let round = 0; round < 10; round++) {
    for (const opening of openings) {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.write(new Uint8Array(opening));
    }
    await checkHealth({ port, signal: AbortSignal.timeout(round) }).catch(() => {});
  }
  assert.deepEqual(await checkHealth({ port }), { kind: "serving_status", status: "SERVING" });
});
