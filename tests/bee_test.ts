import assert from "node:assert/strict";
import { SystemClock } from "../src/base/clock.ts";
import { Bee, type BeeOptions, type BeePorts } from "./bee/bee.ts";
import { backlogAt, DEFAULT_WAVE, delayMsAt, heightAt, isHealthyAt, MAX_BACKLOG } from "./bee/wave.ts";
import { FakeClock } from "./support/fake_clock.ts";
import { checkHealth } from "./support/grpc_health_call.ts";

const ANY_FREE: BeePorts = { health: 0, hello: 0, tcp: 0, grpc: 0 };
/** Wall times of the default wave: it starts in the middle, crests after a quarter, is lowest after three. */
const CREST_MS = 25_000;
const TROUGH_MS = 75_000;

function startBee(clock: BeeOptions["clock"] = new FakeClock({ wallMs: TROUGH_MS })): Promise<Bee> {
  return Bee.start({ clock, host: "127.0.0.1", ports: ANY_FREE, wave: DEFAULT_WAVE });
}

for (
  const { wallMs, height, healthy, backlog } of [
    { wallMs: 0, height: 0.5, healthy: true, backlog: 0 },
    { wallMs: 10_000, height: 0.794, healthy: true, backlog: 25 },
    { wallMs: 12_000, height: 0.842, healthy: false, backlog: 30 },
    { wallMs: CREST_MS, height: 1, healthy: false, backlog: 63 },
    { wallMs: 38_000, height: 0.842, healthy: false, backlog: 95 },
    { wallMs: 40_000, height: 0.794, healthy: true, backlog: 100 },
    { wallMs: TROUGH_MS, height: 0, healthy: true, backlog: 188 },
    { wallMs: 80_000, height: 0.024, healthy: true, backlog: MAX_BACKLOG },
    { wallMs: 90_000, height: 0.206, healthy: true, backlog: 100 },
    { wallMs: 17 * 100_000 + CREST_MS, height: 1, healthy: false, backlog: 63 },
    { wallMs: -75_000, height: 1, healthy: false, backlog: 63 },
  ]
) {
  Deno.test(`Bee's wave at ${wallMs} ms`, () => {
    assert.ok(
      Math.abs(heightAt(wallMs, DEFAULT_WAVE) - height) < 0.001,
      String(heightAt(wallMs, DEFAULT_WAVE)),
    );
    assert.equal(delayMsAt(wallMs, DEFAULT_WAVE), heightAt(wallMs, DEFAULT_WAVE) * 1_000);
    assert.equal(isHealthyAt(wallMs, DEFAULT_WAVE), healthy);
    assert.equal(backlogAt(wallMs, DEFAULT_WAVE), backlog);
  });
}

Deno.test("Bee's /healthz follows the wave: green at the trough, late and red at the crest", async () => {
  const clock = new FakeClock({ wallMs: TROUGH_MS });
  await using bee = await startBee(clock);
  const ask = async () => {
    const response = await fetch(`http://127.0.0.1:${bee.ports.health}/healthz`);
    return { status: response.status, body: await response.text() };
  };
  // At the trough there is no delay: nobody has to advance the clock.
  assert.deepEqual(await ask(), { status: 200, body: "healthy\n" });

  clock.setWall(CREST_MS);
  const answer = ask();
  await clock.untilPending();
  const delayMs = clock.nextDueAtMs! - clock.now();
  assert.equal(delayMs, 1_000);
  await clock.advance(delayMs);
  assert.deepEqual(await answer, { status: 503, body: "unhealthy\n" });
});

Deno.test("Bee's /queue tells the backlog, late by its length", async () => {
  const clock = new FakeClock({ wallMs: 80_000 });
  await using bee = await startBee(clock);
  const answer = fetch(`http://127.0.0.1:${bee.ports.health}/queue`).then((response) => response.text());
  await clock.untilPending();
  assert.equal(clock.nextDueAtMs! - clock.now(), MAX_BACKLOG);
  await clock.advance(MAX_BACKLOG);
  assert.equal(await answer, `backlog ${MAX_BACKLOG}\n`);
});

Deno.test("Bee's plain HTTP answers", async (t) => {
  await using bee = await startBee();
  for (
    const { method, port, path, want } of [
      { method: "GET", port: bee.ports.hello, path: "/hello", want: "200 hello\n" },
      { method: "HEAD", port: bee.ports.hello, path: "/hello", want: "200 " },
      { method: "POST", port: bee.ports.hello, path: "/hello", want: "405 method not allowed\n" },
      { method: "GET", port: bee.ports.hello, path: "/healthz", want: "404 not found\n" },
      { method: "GET", port: bee.ports.health, path: "/toString", want: "404 not found\n" },
    ]
  ) {
    await t.step(`${method} ${path}: ${want.trim()}`, async () => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
      assert.equal(`${response.status} ${await response.text()}`, want);
    });
  }
});

Deno.test("Bee's TCP conversation", async (t) => {
  await using bee = await startBee();
  for (
    const { name, says, want } of [
      { name: "is held to the end", says: "hello\nhow're ya now?\n", want: "yellow\ncan't complain\n" },
      { name: "ends at a wrong first line", says: "goodbye\nhow're ya now?\n", want: "" },
      { name: "ends at a wrong second line", says: "hello\nwhat?\n", want: "yellow\n" },
      { name: "ends at a line without end", says: "x".repeat(5_000), want: "" },
    ]
  ) {
    await t.step(name, async () => assert.equal(await converse(bee.ports.tcp, says), want));
  }
});

Deno.test("Bee hangs up on a TCP caller who says nothing for ten seconds", async () => {
  const clock = new FakeClock();
  await using bee = await startBee(clock);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: bee.ports.tcp });
  await clock.untilPending();
  await clock.advance(10_000);
  assert.equal(await connection.read(new Uint8Array(8)), null);
});

Deno.test("Bee's gRPC health follows the wave, for itself and for its service", async (t) => {
  const clock = new FakeClock();
  await using bee = await startBee(clock);
  for (
    const { service, wallMs, want } of [
      { service: "health", wallMs: TROUGH_MS, want: { kind: "serving_status", status: "SERVING" } },
      { service: "", wallMs: TROUGH_MS, want: { kind: "serving_status", status: "SERVING" } },
      { service: "health", wallMs: CREST_MS, want: { kind: "serving_status", status: "NOT_SERVING" } },
      { service: "", wallMs: CREST_MS, want: { kind: "serving_status", status: "NOT_SERVING" } },
      {
        service: "hive",
        wallMs: CREST_MS,
        want: { kind: "error", code: 5, message: "unknown service hive" },
      },
    ]
  ) {
    await t.step(`"${service}" at ${wallMs} ms`, async () => {
      clock.setWall(wallMs);
      assert.deepEqual(await checkHealth({ port: bee.ports.grpc, service }), want);
    });
  }
});

Deno.test("Bee says which port it can't have, and leaves none open", async () => {
  await using first = await startBee();
  const ports = { ...ANY_FREE, grpc: first.ports.grpc };
  const clock = new SystemClock();
  await assert.rejects(
    Bee.start({ clock, host: "127.0.0.1", ports, wave: DEFAULT_WAVE }),
    new RegExp(`Cannot listen on 127\\.0\\.0\\.1:${first.ports.grpc} \\(grpc\\)`),
  );
});

Deno.test("Bee closes with callers in the middle of everything", async () => {
  const clock = new FakeClock({ wallMs: CREST_MS });
  const bee = await startBee(clock);
  const answer = fetch(`http://127.0.0.1:${bee.ports.health}/healthz`).then((response) => response.text());
  using caller = await Deno.connect({ hostname: "127.0.0.1", port: bee.ports.tcp });
  await clock.untilPending(2);
  await bee[Symbol.asyncDispose]();
  assert.equal(await answer, "unhealthy\n");
  assert.equal(await caller.read(new Uint8Array(1)), null);
  assert.equal(clock.pending, 0);
  await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port: bee.ports.tcp }));
});

/** Says all at once and returns all it hears. */
async function converse(port: number, says: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(says));
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(256);
  let heard = "";
  try {
    for (let count; (count = await connection.read(buffer)) !== null;) {
      heard += decoder.decode(buffer.subarray(0, count));
    }
  } catch (error) {
    // Bee hung up with our words unread: the system resets such a connection.
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  return heard;
}
