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
  await listeners.move(reading.config.ingress, {
    main: () => text(200, "main\n"),
    health: () => text(200, "health\n"),
  });
  return Object.assign(listeners, { [Symbol.asyncDispose]: () => listeners.close(0) });
}

/** Connections that the program below opens. */
const MANY = 100;

/** Opens them all at once, gives each so many milliseconds, and prints how many there are. */
const CROWD = `
  const [port, limitMs] = Deno.args.map(Number);
  const connections = await Promise.all(Array.from({ length: ${MANY} }, () =>
    Deno.connect({ hostname: "127.0.0.1", port, signal: AbortSignal.timeout(limitMs) })
      .catch(() => undefined)));
  console.log(connections.filter((connection) => connection !== undefined).length);
  Deno.exit();
`;

/** How many connections the kernel takes within so many milliseconds while nobody accepts any. */
function queued(port: number, limitMs: number): number {
  // Synchronous on purpose: meanwhile this process's event loop stands still.
  const { stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["eval", CROWD, String(port), String(limitMs)],
  }).outputSync();
  const count = Number(new TextDecoder().decode(stdout));
  assert.ok(count > 0, new TextDecoder().decode(stderr));
  return count;
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

const linux = Deno.build.os === "linux"; // elsewhere a backlog is a hint, or the client is refused

Deno.test({
  name: "listeners: with a health port few connections wait on the main one, and as many as before on it",
  ignore: !linux,
}, async () => {
  await using listeners = await listening("healthPort: 0");
  const waiting = queued(listeners.port, 500);
  assert.ok(waiting <= 32, `${waiting} connections to be accepted in one turn`);
  assert.equal(queued(listeners.healthPort!, 10_000), MANY);
});

Deno.test({
  name: "listeners: without a health port many connections may wait on the main one",
  ignore: !linux,
}, async () => {
  await using listeners = await listening("");
  assert.equal(queued(listeners.port, 10_000), MANY);
});

Deno.test("listeners: each port has its own handler, and all connections are counted", async () => {
  await using listeners = await listening("healthPort: 0");
  const { port, healthPort } = listeners;
  using main = await asked(port);
  using health = await asked(healthPort!);
  assert.deepEqual([main.body, health.body], ["main\n", "health\n"]);
  assert.equal(listeners.connections, 2);
});
