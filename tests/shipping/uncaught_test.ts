import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { ask, untilStatus, value } from "../process/bunny.ts";
import { freePort } from "../support/free_port.ts";
import { httpPeer } from "../support/http_peer.ts";
import { denoProcess, type RunningProcess } from "../support/process_runner.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { clumsyConfig } from "./clumsy_config.ts";

const CLUMSY = fileURLToPath(new URL("clumsy_bunny.ts", import.meta.url));

interface Clumsy extends AsyncDisposable {
  readonly bunny: RunningProcess;
  readonly port: number;
  readonly target: number;
  readonly dir: TempDir;
  /** Makes a mistake happen. */
  trip(mistake: "throw" | "reject" | "often"): Promise<void>;
}

async function start(): Promise<Clumsy> {
  const stack = new AsyncDisposableStack();
  const dir = stack.use(tempDir());
  const target = stack.use(await httpPeer());
  const [port, tripPort] = [freePort(), freePort()];
  const path = dir.write("bunny.yaml", clumsyConfig(port, target.port, dir.join("tsdb")));
  const bunny = stack.use(denoProcess(["run", "-A", "--no-check", CLUMSY, path, String(tripPort)]));
  await bunny.waitForLine(/"msg":"ready"/);
  await untilStatus(port, "ready", 200);
  return {
    bunny,
    port,
    dir,
    target: target.port,
    trip: async (mistake) => {
      await (await fetch(`http://127.0.0.1:${tripPort}/${mistake}`)).body?.cancel();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

for (
  const { mistake, says } of [{ mistake: "throw", says: "my own feet" }, {
    mistake: "reject",
    says: "left lying about",
  }] as const
) {
  Deno.test(`uncaught: after a ${mistake} all but the store is made anew within a second`, async () => {
    await using clumsy = await start();
    const { bunny, port } = clumsy;
    const attempts = 'probe_attempts_total{probe="alpha"}';
    const before = await value(port, attempts);
    const trippedAt = performance.now();
    await clumsy.trip(mistake);
    const line = JSON.parse(await bunny.waitForLine(/an error that nobody caught/));
    assert.match(line.error, new RegExp(says));
    assert.match(line.stack, /clumsy_bunny/);
    await bunny.waitForLine(/restarted all but the store/);
    assert.equal((await ask(port, "ready")).status, 200);
    assert.ok(performance.now() - trippedAt < 5_000); // a second, and room for a busy machine

    // Samples and counts go on where they were.
    const passed = `count_over_time(probe_success{probe="alpha"}[1m])`;
    assert.ok(await value(port, passed) >= before);
    while (await value(port, attempts) < before + 5) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(await value(port, `resets(${attempts}[1m])`), 0);
    const internals = (await ask(port, "prom-metrics")).body;
    assert.match(internals, /^bunny_uncaught_errors_total 1$/m);
    assert.match(internals, /^bunny_restarts_total 1$/m);

    // And it is whole: it follows the file, and stops in order.
    clumsy.dir.write(
      "bunny.yaml",
      clumsyConfig(port, clumsy.target, clumsy.dir.join("tsdb"), ["alpha", "beta"]),
    );
    await bunny.waitForLine(/applied the configuration.*"probes":2/);
    bunny.kill("SIGTERM");
    assert.equal((await bunny.status).code, 0, bunny.output);
  });
}

Deno.test("uncaught: a service that keeps failing is restarted five times, ever later, and then ends with code 1", async () => {
  await using clumsy = await start();
  const trippedAt = performance.now();
  await clumsy.trip("often");
  assert.equal((await clumsy.bunny.status).code, 1);
  assert.ok(performance.now() - trippedAt >= 1_900, "too quick");
  const restarts = clumsy.bunny.lines.filter(({ text }) => /restarted all but the store/.test(text));
  assert.equal(restarts.length, 5);
  assert.match(clumsy.bunny.output, /too many errors that nobody caught/);
});
