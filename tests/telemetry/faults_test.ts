import assert from "node:assert/strict";
import { INSTRUMENTS } from "../../src/model/instruments.ts";
import { Labels } from "../../src/model/labels.ts";
import { freePort } from "../support/free_port.ts";
import { tcpPeer } from "../support/tcp_peer.ts";
import { serverCertificate } from "../support/tls_fixtures.ts";
import { encodePartialSuccess } from "./otlp_messages.ts";
import { ACCEPT, grpcReceiver, httpReceiver, type Reply } from "./otlp_receiver.ts";
import { TelemetryRig, until } from "./telemetry_rig.ts";

const RETRY_INFO = new Uint8Array([
  26,
  50,
  10,
  40,
  ...new TextEncoder().encode("type.googleapis.com/google.rpc.RetryInfo"),
  18,
  6,
  10,
  4,
  8,
  90,
  16,
  0,
]).toBase64();

interface Fault {
  name: string;
  transport: "http" | "grpc";
  reply: Reply;
  /** Whether the same spans are tried again, and no sooner than this. */
  then: { kind: "again"; afterMs: number } | { kind: "dropped" };
  /** What the log's line says. */
  reason: RegExp;
}

const status = (status: number, headers?: Record<string, string>, body?: string): Reply => ({
  kind: "answer",
  status,
  headers,
  body,
});
const grpcError = (code: number, message = "", headers?: Record<string, string>): Reply => ({
  kind: "grpc_error",
  code,
  message,
  headers,
});
const again = (afterMs: number): Fault["then"] => ({ kind: "again", afterMs });
const DROPPED: Fault["then"] = { kind: "dropped" };
const NO_ANSWER = /no answer within 10s/;
const IN_65_SECONDS = new Date(1_700_000_000_000 + 65_000).toUTCString();
const WITH_RETRY_INFO = { "grpc-status-details-bin": RETRY_INFO };

const httpFaults: readonly Omit<Fault, "transport">[] = [
  { name: "429", reply: status(429), then: again(1_000), reason: /status 429/ },
  {
    name: "503 with Retry-After in seconds",
    reply: status(503, { "retry-after": "90" }),
    then: again(90_000),
    reason: /status 503/,
  },
  {
    name: "429 with Retry-After as a date",
    reply: status(429, { "retry-after": IN_65_SECONDS }),
    then: again(60_000),
    reason: /status 429/,
  },
  { name: "502", reply: status(502), then: again(1_000), reason: /status 502/ },
  { name: "400", reply: status(400, undefined, "no\nthanks"), then: DROPPED, reason: /status 400/ },
  { name: "401", reply: status(401), then: DROPPED, reason: /status 401/ },
  { name: "500", reply: status(500), then: DROPPED, reason: /status 500/ },
  {
    name: "a redirect, which is not followed",
    reply: status(307, { location: "http://elsewhere.invalid/" }),
    then: DROPPED,
    reason: /status 307/,
  },
  { name: "silence", reply: { kind: "hang" }, then: again(11_000), reason: NO_ANSWER },
  { name: "an answer that drips", reply: { kind: "drip" }, then: again(11_000), reason: NO_ANSWER },
  { name: "a closed connection", reply: { kind: "disconnect" }, then: again(1_000), reason: /./ },
];

const grpcFaults: readonly Omit<Fault, "transport">[] = [
  {
    name: "UNAVAILABLE",
    reply: grpcError(14, "full%20up"),
    then: again(1_000),
    reason: /grpc status 14: full up/,
  },
  {
    name: "UNAVAILABLE with RetryInfo",
    reply: grpcError(14, "", WITH_RETRY_INFO),
    then: again(90_000),
    reason: /grpc status 14/,
  },
  { name: "RESOURCE_EXHAUSTED", reply: grpcError(8), then: DROPPED, reason: /grpc status 8/ },
  {
    name: "RESOURCE_EXHAUSTED with RetryInfo",
    reply: grpcError(8, "", WITH_RETRY_INFO),
    then: again(90_000),
    reason: /grpc status 8/,
  },
  { name: "INVALID_ARGUMENT", reply: grpcError(3, "bad"), then: DROPPED, reason: /grpc status 3: bad/ },
  { name: "HTTP 503 from a proxy", reply: status(503), then: again(1_000), reason: /status 503/ },
  { name: "HTTP 404", reply: status(404), then: DROPPED, reason: /status 404/ },
  { name: "silence", reply: { kind: "hang" }, then: again(11_000), reason: NO_ANSWER },
  { name: "half an answer", reply: { kind: "drip" }, then: again(11_000), reason: NO_ANSWER },
  { name: "a closed connection", reply: { kind: "disconnect" }, then: again(1_000), reason: /./ },
];

const faults: readonly Fault[] = [
  ...httpFaults.map((fault): Fault => ({ ...fault, transport: "http" })),
  ...grpcFaults.map((fault): Fault => ({ ...fault, transport: "grpc" })),
];

const RECEIVERS = { http: httpReceiver, grpc: grpcReceiver } as const;

/** One that sends traces to an address. */
function tracing(transport: "http" | "grpc", endpoint: string): Promise<TelemetryRig> {
  return TelemetryRig.start([`otlptrace${transport}`], { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
}

for (const { name, transport, reply, then, reason } of faults) {
  Deno.test(`a collector's fault over ${transport}: ${name}`, async () => {
    await using peer = await RECEIVERS[transport]();
    await using rig = await tracing(transport, peer.url);
    const { inbox } = peer;
    const attempts: number[] = [];
    let answer = reply;
    inbox.reply = () => {
      attempts.push(rig.clock.now());
      return answer;
    };
    const { trace } = rig.probe("a");
    await rig.clock.advance(5_000);
    await inbox.until(1);
    if (reply.kind === "hang" || reply.kind === "drip") await rig.clock.advance(10_000); // its time limit
    await until(() => rig.telemetry.stats()[0].failedAttempts === 1);
    const [line, ...others] = rig.logger.lines;
    assert.equal(others.length, 0);
    assert.equal(line.level, "warn");
    assert.equal(line.fields.exporter, `otlptrace${transport}`);
    assert.match(String(line.fields.reason), reason);

    answer = ACCEPT;
    if (then.kind === "dropped") {
      assert.deepEqual(rig.telemetry.stats(), [
        {
          exporter: `otlptrace${transport}`,
          state: "failing",
          queued: 0,
          sent: 0,
          dropped: 1,
          failedAttempts: 1,
        },
      ]);
      rig.probe("b");
      await rig.clock.advance(5_000);
      await inbox.until(2);
      assert.deepEqual(inbox.seen[1].spans.map(({ attributes }) => attributes["bunny-probe-name"]), ["b"]);
    } else {
      const dueAt = attempts[0] + then.afterMs;
      await rig.clock.advance(dueAt - 1 - rig.clock.now());
      assert.equal(inbox.seen.length, 1);
      await rig.clock.advance(6_000);
      await inbox.until(2);
      assert.equal(inbox.seen[1].spans[0].spanId, trace!.spanId);
    }
    await until(() => rig.telemetry.stats()[0].state === "delivering");
    const after = rig.telemetry.stats()[0];
    assert.equal(after.sent, 1);
    assert.equal(after.queued, 0);
    assert.deepEqual(rig.logger.lines.map(({ level }) => level), ["warn", "info"]);
  });
}

Deno.test("a collector that is down is tried again and again, with one line in the log", async () => {
  const port = freePort();
  await using rig = await tracing("http", `http://127.0.0.1:${port}`);
  rig.probe("a");
  await rig.clock.advance(5_000);
  for (let attempts = 1; attempts <= 8; attempts++) {
    await until(() => rig.telemetry.stats()[0].failedAttempts >= attempts);
    await rig.clock.advance(30_000);
  }
  const levels = rig.logger.lines.map(({ level }) => level).filter((level) => level !== "debug");
  assert.deepEqual(levels, ["warn"]);
  assert.equal(rig.telemetry.stats()[0].queued, 1);
});

Deno.test("a key in the collector's address stays out of the log", async () => {
  await using rig = await TelemetryRig.start(["otlptracehttp"], {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${freePort()}/in?key=hush`,
  });
  rig.probe("a");
  await rig.clock.advance(5_000);
  await until(() => rig.telemetry.stats()[0].failedAttempts >= 1);
  assert.equal(rig.logger.lines.length >= 1, true);
  assert.ok(!JSON.stringify(rig.logger.lines).includes("hush"));
});

Deno.test("garbage instead of HTTP counts as a failure that may pass", async () => {
  await using peer = await tcpPeer(async (conversation) => {
    await conversation.send("220 smtp.example ESMTP ready\r\n");
    await conversation.readToEnd();
  });
  for (const transport of ["http", "grpc"] as const) {
    await using rig = await tracing(transport, `http://127.0.0.1:${peer.port}`);
    rig.probe("a");
    await rig.clock.advance(5_000);
    await until(() => rig.telemetry.stats()[0].failedAttempts === 1);
    assert.equal(rig.telemetry.stats()[0].queued, 1);
  }
});

Deno.test("a success whose body is garbage is a success", async () => {
  for (const transport of ["http", "grpc"] as const) {
    await using peer = await RECEIVERS[transport]();
    peer.inbox.reply = () => ({ kind: "answer", status: 200, body: "<html>" });
    await using rig = await tracing(transport, peer.url);
    rig.probe("a");
    await rig.clock.advance(5_000);
    await until(() => rig.telemetry.stats()[0].state === "delivering");
    assert.equal(rig.telemetry.stats()[0].sent, 1);
  }
});

Deno.test("what the collector says it left out is counted and said once, with its reason", async () => {
  for (const transport of ["http", "grpc"] as const) {
    await using peer = await RECEIVERS[transport]();
    peer.inbox.reply = () => ({
      kind: "answer",
      status: 200,
      body: encodePartialSuccess("traces", 2, "too\nold"),
    });
    await using rig = await tracing(transport, peer.url);
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; i < 5; i++) rig.probe("a");
      await rig.clock.advance(5_000);
      await until(() => rig.telemetry.stats()[0].failedAttempts === round);
    }
    assert.equal(rig.telemetry.stats()[0].sent, 9);
    assert.equal(rig.telemetry.stats()[0].dropped, 6);
    const lines = rig.logger.lines.filter(({ level }) => level === "warn");
    assert.deepEqual(lines.map(({ fields }) => fields.reason), ["it rejects a part: too old"]);
  }
});

Deno.test("what the collector says it left out says nothing where it is no number", async () => {
  await using peer = await httpReceiver();
  const body = JSON.stringify({ partialSuccess: { rejectedSpans: "some" } });
  peer.inbox.reply = () => ({ kind: "answer", status: 200, body });
  await using rig = await TelemetryRig.start(["otlptracehttp"], {
    OTEL_EXPORTER_OTLP_ENDPOINT: peer.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  });
  rig.probe("a");
  await rig.clock.advance(5_000);
  await until(() => rig.telemetry.stats()[0].state === "delivering");
  assert.deepEqual([rig.telemetry.stats()[0].sent, rig.telemetry.stats()[0].dropped], [1, 0]);
});

Deno.test("a certificate that nobody vouches for is a failure, and secrets stay out of the log", async () => {
  await using peer = await httpReceiver({ tls: serverCertificate("untrusted") });
  await using rig = await TelemetryRig.start(["otlptracehttp"], {
    OTEL_EXPORTER_OTLP_ENDPOINT: peer.url.replace("//", "//user:hush@"),
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=hush",
  });
  rig.probe("a");
  await rig.clock.advance(5_000);
  await until(() => rig.telemetry.stats()[0].failedAttempts === 1);
  assert.equal(peer.inbox.seen.length, 0);
  assert.match(String(rig.logger.lines[0].fields.reason), /certificate/i);
  assert.ok(!JSON.stringify(rig.logger.lines).includes("hush"));
});

Deno.test("a file of TLS that isn't there is named, and read when it is", async () => {
  await using peer = await httpReceiver();
  await using rig = await TelemetryRig.start(["otlptracehttp"], {
    OTEL_EXPORTER_OTLP_ENDPOINT: peer.url,
    OTEL_EXPORTER_OTLP_CERTIFICATE: "/nowhere/ca.pem",
  });
  rig.probe("a");
  await rig.clock.advance(5_000);
  await until(() => rig.telemetry.stats()[0].failedAttempts === 1);
  assert.match(String(rig.logger.lines[0].fields.reason), /\/nowhere\/ca\.pem/);
});

Deno.test("metrics that could not be delivered arrive as they are when the collector is back", async () => {
  await using peer = await httpReceiver();
  await using rig = await TelemetryRig.start(["otlpmetrichttp"], {
    OTEL_EXPORTER_OTLP_ENDPOINT: peer.url,
    OTEL_METRIC_EXPORT_INTERVAL: "60000",
  });
  const attempts = rig.registry.group().counter(
    INSTRUMENTS.probe_attempts_total,
    Labels.from({ probe: "a" }),
  );
  peer.inbox.reply = () => ({ kind: "answer", status: 503 });
  attempts.add(1);
  await rig.clock.advance(60_000);
  await until(() => rig.telemetry.stats()[0].failedAttempts === 1);
  attempts.add(1);
  peer.inbox.reply = () => ACCEPT;
  await rig.clock.advance(1_000); // its pause, not its interval
  await peer.inbox.until(2);
  assert.deepEqual(peer.inbox.metrics.map(({ points }) => points[0].value), [1, 2]);
});
