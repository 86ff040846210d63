import assert from "node:assert/strict";
import { SystemClock } from "../../src/base/clock.ts";
import { SILENT } from "../../src/base/log.ts";
import { readConfig } from "../../src/config/mod.ts";
import { text } from "../../src/ingress/answer.ts";
import { Listeners } from "../../src/ingress/listeners.ts";

/** The sockets of a configuration, each of which says whose it is. */
async function listening(httpServer: string): Promise<Listeners & AsyncDisposable> {
  const reading = readConfig(
    `ingress: { httpServer: { host: 127.0.0.1, port: 0, ${httpServer} } }`,
    "test.yaml",
  );
  assert.ok(reading.kind === "ok", JSON.stringify(reading));
  const listeners = new Listeners({ clock: new SystemClock(), logger: SILENT });
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
