import assert from "node:assert/strict";
import { type Clock, SystemClock } from "../../src/base/clock.ts";
import { SILENT } from "../../src/base/log.ts";
import { readConfig } from "../../src/config/mod.ts";
import { text } from "../../src/ingress/answer.ts";
import { Listeners } from "../../src/ingress/listeners.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** The sockets of a configuration, each of which says whose it is. */
async function listening(
  httpServer: string,
  clock: Clock = new SystemClock(),
): Promise<Listeners & AsyncDisposable> {
  const reading = readConfig(
    `ingress: { httpServer: { host: 127.0.0.1, port: 0, ${httpServer} } }`,
    "test.yaml",
  );
  assert.ok(reading.kind === "ok", JSON.stringify(reading));
  const listeners = new Listeners({ clock, logger: SILENT });
  const saying = (name: string) => ({ handle: () => text(200, `${name}\n`), isUrgent: () => false });
  await listeners.move(reading.config.ingress, { main: saying("main"), health: saying("health") });
  return Object.assign(listeners, { [Symbol.asyncDispose]: () => listeners.close(0) });
}

/** A connection that has had one answer, and stays. */
async function asked(port: number): Promise<{ readonly body: string } & Disposable> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  const buffer = new Uint8Array(1_000);
  const count = await connection.read(buffer);
  const body = new TextDecoder().decode(buffer.subarray(0, count ?? 0)).split("\r\n\r\n")[1];
  return { body, [Symbol.dispose]: () => connection.close() };
}

Deno.test("listeners: each port has its own handler, and all connections are counted", async () => {
  await using listeners = await listening("healthPort: 0");
  const { port, healthPort } = listeners;
  using main = await asked(port);
  using health = await asked(healthPort!);
  assert.deepEqual([main.body, health.body], ["main\n", "health\n"]);
  assert.equal(listeners.connections, 2);
});

/** So many at once, each with its answer. */
const crowd = (port: number) => Array.from({ length: 60 }, () => asked(port));

function leave(connections: readonly Disposable[]): void {
  for (const connection of connections) connection[Symbol.dispose]();
}

Deno.test("listeners: where verdicts have a port, the other takes so many new connections a second", async () => {
  const clock = new FakeClock();
  await using listeners = await listening("healthPort: 0", clock);
  leave(await Promise.all(crowd(listeners.healthPort!)));
  while (listeners.connections > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const coming = crowd(listeners.port);
  let answers = 0;
  for (const one of coming) void one.then(() => answers++);
  while (answers < 51) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(listeners.connections, 51);
  await clock.advance(18);
  leave(await Promise.all(coming));
});

Deno.test("listeners: one port takes whoever comes", async () => {
  await using listeners = await listening("", new FakeClock());
  leave(await Promise.all(crowd(listeners.port)));
});
