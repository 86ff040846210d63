import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { type HttpHandler, type HttpPeer, httpPeer } from "../support/http_peer.ts";
import { RunningProcess } from "../support/process_runner.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { ask, runBunny, startBunny, untilStatus, value } from "./bunny.ts";

interface Shape {
  port: number;
  healthPort?: number;
  target: number;
  probes?: string[];
  query?: string;
  more?: string;
}

/** A configuration with HTTP probes ten times a second and one endpoint. */
function yaml(
  { port, healthPort, target, probes = ["alpha"], query = "min_over_time(probe_success[300ms])", more = "" }:
    Shape,
): string {
  return [
    "egress:",
    "  periodMilliseconds: 100",
    "  timeoutMilliseconds: 500",
    "  probes:",
    ...probes.map((name) =>
      `    - { name: ${name}, httpGet: { host: 127.0.0.1, port: ${target}, path: /${name} } }`
    ),
    "ingress:",
    "  httpServer:",
    `    port: ${port}`,
    `    healthPort: ${healthPort ?? ""}`,
    "    host: 127.0.0.1",
    "    health:",
    `      - { path: ready, instantQuery: { query: '${query}' } }`,
    more,
  ].join("\n");
}

/** A Bunny that is ready, beside the app that it probes; ended together. */
interface Rig extends AsyncDisposable {
  readonly dir: TempDir;
  readonly target: HttpPeer;
  readonly port: number;
  readonly bunny: RunningProcess;
  /** Writes the configuration anew. */
  write(shape?: Partial<Shape>): void;
}

/** `file`: the configuration's, below the rig's directory. */
async function start(shape: Partial<Shape> = {}, file = "bunny.yaml", answer?: HttpHandler): Promise<Rig> {
  await using opened = new AsyncDisposableStack();
  const dir = opened.use(tempDir());
  const target = opened.use(await httpPeer(answer));
  const port = shape.port ?? freePort();
  const write = (next: Partial<Shape> = {}) => dir.write(file, yaml({ port, target: target.port, ...next }));
  const bunny = opened.use(await startBunny(write(shape)));
  const all = opened.move();
  return { dir, target, port, bunny, write, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

Deno.test("process: a bad configuration ends the start with code 2 and names every mistake", async () => {
  using dir = tempDir();
  const path = dir.write(
    "bunny.yaml",
    "egress:\n  probes:\n    - { name: a, httpGet: { prot: 80 } }\n  nope: 1\n",
  );
  await using bunny = runBunny(path);
  assert.equal((await bunny.status).code, 2);
  assert.match(
    bunny.output,
    /bunny\.yaml:3:\d+: egress\.probes\[0\]\.httpGet\.prot: unknown key, did you mean \\"port\\"\?/,
  );
  assert.match(bunny.output, /bunny\.yaml:4:\d+: egress\.nope: unknown key/);
});

Deno.test("process: no configuration at all ends the start with code 2", async () => {
  await using bunny = runBunny("/nonexistent/bunny.yaml");
  assert.equal((await bunny.status).code, 2);
  assert.match(bunny.output, /\/nonexistent\/bunny\.yaml/);
});

Deno.test("process: an address that is taken ends the start with code 1", async () => {
  using dir = tempDir();
  await using target = await httpPeer();
  await using bunny = runBunny(dir.write("bunny.yaml", yaml({ port: target.port, target: target.port })));
  assert.equal((await bunny.status).code, 1);
  assert.match(bunny.output, /cannot start/);
});

Deno.test("process: the verdict follows the app, and SIGTERM ends it with code 0", async () => {
  let healthy = true;
  await using rig = await start(
    {},
    undefined,
    (_, response) => void response.writeHead(healthy ? 200 : 503).end(),
  );
  const { port, bunny } = rig;
  assert.equal(await untilStatus(port, "ready", 200), "healthy\nthe query is 1\n");
  healthy = false;
  assert.match(await untilStatus(port, "ready", 503), /^unhealthy\n\{probe="alpha", type="http"\} is 0\n$/);
  const verbose = JSON.parse((await ask(port, "ready?verbose")).body);
  assert.equal(verbose.verdict, "unhealthy");
  assert.equal(verbose.probes[0].lastFailures[0].reason, "status");
  healthy = true;
  await untilStatus(port, "ready", 200);
  bunny.kill("SIGTERM");
  assert.deepEqual({ ...await bunny.status }, { success: true, code: 0, signal: null });
});

Deno.test("process: a reload adds a probe, and the others go on with their history and their counters", async () => {
  await using rig = await start();
  const { port, bunny, target } = rig;
  await untilStatus(port, "ready", 200);
  const before = await value(port, 'probe_attempts_total{probe="alpha"}');
  rig.write({ probes: ["alpha", "beta"] });
  await bunny.waitForLine(/applied the configuration/);
  while (!target.requests.some(({ url }) => url === "/beta")) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok(await value(port, 'probe_attempts_total{probe="alpha"}') >= before);
  assert.equal(await value(port, 'resets(probe_attempts_total{probe="alpha"}[1m])'), 0);
  // What a probe that had begun anew would have forgotten.
  assert.ok(await value(port, 'probe_consecutive_successes{probe="alpha"}') >= before);
});

Deno.test("process: a bad configuration on reload changes nothing and is seen", async () => {
  await using rig = await start();
  const { dir, port, bunny } = rig;
  await untilStatus(port, "ready", 200);
  dir.write("bunny.yaml", "egress: [oops");
  await bunny.waitForLine(/stays in force/);
  assert.equal((await ask(port, "ready")).status, 200);
  while (await value(port, "bunny_config_last_reload_successful") !== 0) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  rig.write({ probes: ["beta"] });
  await bunny.waitForLine(/applied the configuration/);
});

const replacements: { name: string; replace: (dir: string, content: string) => Promise<void> }[] = [
  { name: "a write in place", replace: (dir, content) => Deno.writeTextFile(`${dir}/bunny.yaml`, content) },
  {
    name: "an editor's rename",
    replace: async (dir, content) => {
      await Deno.writeTextFile(`${dir}/.bunny.yaml.swp`, content);
      await Deno.rename(`${dir}/.bunny.yaml.swp`, `${dir}/bunny.yaml`);
    },
  },
  {
    name: "a delete and a new file",
    replace: async (dir, content) => {
      await Deno.remove(`${dir}/bunny.yaml`);
      await Deno.writeTextFile(`${dir}/bunny.yaml`, content);
    },
  },
  {
    name: "a directory that is replaced",
    replace: async (dir, content) => {
      await Deno.rename(dir, `${dir}.old`);
      await Deno.mkdir(dir);
      await Deno.writeTextFile(`${dir}/bunny.yaml`, content);
    },
  },
];
for (const { name, replace } of replacements) {
  Deno.test(`process: reload by ${name}`, async () => {
    await using rig = await start({}, "config/bunny.yaml");
    const { dir, target, port, bunny } = rig;
    await replace(dir.join("config"), yaml({ port, target: target.port, query: "vector(0)" }));
    await bunny.waitForLine(/applied the configuration/);
    assert.equal((await ask(port, "ready")).status, 503);
  });
}

Deno.test("process: reload by a ConfigMap's symbolic link, twice", async () => {
  using dir = tempDir();
  await using target = await httpPeer();
  const port = freePort();
  const put = async (version: string, query: string) => {
    dir.write(`config/..${version}/bunny.yaml`, yaml({ port, target: target.port, query }));
    await Deno.symlink(`..${version}`, dir.join("config/..data_tmp"));
    await Deno.rename(dir.join("config/..data_tmp"), dir.join("config/..data"));
  };
  await put("v1", "vector(1)");
  await Deno.symlink("..data/bunny.yaml", dir.join("config/bunny.yaml"));
  await using bunny = await startBunny(dir.join("config/bunny.yaml"));
  assert.equal((await ask(port, "ready")).status, 200);
  await put("v2", "vector(0)");
  await Deno.remove(dir.join("config/..v1"), { recursive: true });
  await bunny.waitForLine(/applied the configuration/);
  assert.equal((await ask(port, "ready")).status, 503);
  await put("v3", "vector(1)");
  await bunny.waitForLine(/applied the configuration/);
  assert.equal((await ask(port, "ready")).status, 200);
});

Deno.test("process: SIGHUP reads the configuration again", async () => {
  await using rig = await start();
  const { port, bunny } = rig;
  bunny.kill("SIGHUP");
  await bunny.waitForLine(/applied the configuration/);
  await untilStatus(port, "ready", 200);
});

Deno.test("process: what SIGHUP has applied early can be taken back", async () => {
  await using rig = await start({ query: "vector(1)" });
  const { port, bunny } = rig;
  rig.write({ query: "vector(0)", more: "reload: { delay: 1h }" });
  await bunny.waitForLine(/to be applied later/);
  assert.equal((await ask(port, "ready")).status, 200);
  bunny.kill("SIGHUP");
  await untilStatus(port, "ready", 503);
  rig.write({ query: "vector(1)" });
  await untilStatus(port, "ready", 200);
});

/** What the line that tells of the start says. */
function toldAtStart(bunny: RunningProcess): { at: string; healthAt?: string } {
  return JSON.parse(bunny.lines.find(({ text }) => text.includes(`"msg":"ready"`))!.text);
}

Deno.test("process: the start tells where the port for verdicts is", async () => {
  await using rig = await start({ healthPort: 0 });
  const { at, healthAt } = toldAtStart(rig.bunny);
  assert.equal(at, `http://127.0.0.1:${rig.port}/`);
  const healthPort = Number(new URL(healthAt!).port);
  assert.notEqual(healthPort, rig.port);
  await untilStatus(healthPort, "ready", 200);
  assert.equal((await ask(healthPort, "otel-metrics")).status, 404);
});

Deno.test("process: a reload adds a port for verdicts, and takes it away", async () => {
  await using rig = await start();
  const { port, bunny } = rig;
  assert.equal(toldAtStart(bunny).healthAt, undefined);
  const healthPort = freePort();
  rig.write({ healthPort });
  await bunny.waitForLine(/applied the configuration/);
  await untilStatus(healthPort, "ready", 200);
  rig.write();
  await bunny.waitForLine(/applied the configuration/);
  await assert.rejects(ask(healthPort, "ready"));
  assert.equal((await ask(port, "ready")).status, 200);
});

Deno.test("process: a port for verdicts that is taken ends the start with code 1", async () => {
  using dir = tempDir();
  await using target = await httpPeer();
  const shape = { port: freePort(), healthPort: target.port, target: target.port };
  await using bunny = runBunny(dir.write("bunny.yaml", yaml(shape)));
  assert.equal((await bunny.status).code, 1);
  assert.match(bunny.output, /cannot start/);
});

Deno.test("process: a changed port is listened on before the old one is left", async () => {
  await using rig = await start();
  const { port: before, bunny } = rig;
  const after = freePort();
  await untilStatus(before, "ready", 200);
  rig.write({ port: after });
  await bunny.waitForLine(/applied the configuration/);
  assert.equal((await ask(after, "ready")).status, 200);
  await assert.rejects(ask(before, "ready"));
});

Deno.test("process: a port that is taken refuses the reload and all goes on", async () => {
  await using rig = await start();
  const { port, bunny, target } = rig;
  await untilStatus(port, "ready", 200);
  rig.write({ port: target.port, query: "vector(0)" });
  await bunny.waitForLine(/stays in force/);
  assert.equal((await ask(port, "ready")).status, 200);
});

/** A process to watch whose command line is like no other's. */
function sleeper(mark: number): RunningProcess {
  return new RunningProcess({ command: ["/bin/sleep", `5000.${mark}`] });
}

/** The configuration's words for it. */
function watching(mark: number): string {
  return `signals: { watchedProcessCommandLineRegEx: "sleep 5[0-9]{3}\\\\.${mark}" }`;
}

Deno.test("process: SIGTERM probes and serves on until the watched process is gone", async () => {
  const port = freePort();
  await using watched = sleeper(port);
  const healthPort = freePort();
  await using rig = await start({ port, healthPort, more: watching(port) });
  const { bunny, target } = rig;
  await untilStatus(port, "ready", 200);
  bunny.kill("SIGTERM");
  await bunny.waitForLine(/waiting for the watched process/);
  const asked = target.requests.length;
  while (target.requests.length < asked + 5) await new Promise((resolve) => setTimeout(resolve, 10));
  for (const each of [port, healthPort]) assert.equal((await ask(each, "ready")).status, 200);
  watched.kill("SIGKILL");
  assert.equal((await bunny.status).code, 0);
});

Deno.test("process: a watched process that only a reload names is not waited for, and the stop is in order", async () => {
  const port = freePort();
  await using _watched = sleeper(port);
  const asked = Promise.withResolvers<void>();
  await using remote = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async () => {
    asked.resolve();
    await new Promise((resolve) => setTimeout(resolve, 500));
    return Response.json({ status: "success", data: { resultType: "scalar", result: [0, "1"] } });
  });
  const slow =
    `      - { path: slow, source: remote, remoteUrl: "http://127.0.0.1:${remote.addr.port}", instantQuery: ` +
    `{ query: "1", timeout: 10s } }`;
  await using rig = await start({ port, more: slow });
  const { bunny } = rig;
  rig.write({ more: `${slow}\n${watching(port)}` });
  await bunny.waitForLine(/applied the configuration/);
  const answer = ask(port, "slow");
  await asked.promise;
  bunny.kill("SIGTERM");
  assert.equal((await answer).status, 200);
  assert.equal((await bunny.status).code, 0);
});

Deno.test("process: SIGHUP is heard while the watched process is waited for", async () => {
  const port = freePort();
  await using watched = sleeper(port);
  await using rig = await start({ port, more: watching(port) });
  const { bunny } = rig;
  bunny.kill("SIGTERM");
  await bunny.waitForLine(/waiting for the watched process/);
  bunny.kill("SIGHUP");
  await bunny.waitForLine(/applied the configuration/);
  watched.kill("SIGKILL");
  assert.equal((await bunny.status).code, 0);
});

/** Endpoints that take some hundred milliseconds to read. */
const MANY_ENDPOINTS = Array.from(
  { length: 480 },
  (_, i) =>
    `      - { path: e${i}, instantQuery: { query: 'probe_success{probe=~"q${i}.*"} + on() vector(${i})' } }`,
).join("\n");

Deno.test("process: SIGTERM does not wait for what SIGHUP has begun", async () => {
  await using rig = await start();
  const { bunny } = rig;
  rig.write({ more: MANY_ENDPOINTS });
  bunny.kill("SIGHUP");
  await bunny.waitForLine(/"request":"reload"/);
  bunny.kill("SIGTERM");
  assert.equal((await bunny.status).code, 0);
  assert.doesNotMatch(bunny.output, /applied the configuration/);
});

Deno.test("process: a second signal ends it at once, in the midst of what SIGHUP has begun", async () => {
  const port = freePort();
  await using _watched = sleeper(port);
  await using rig = await start({ port, more: watching(port) });
  const { bunny } = rig;
  rig.write({ more: `${MANY_ENDPOINTS}\n${watching(port)}` });
  bunny.kill("SIGHUP");
  await bunny.waitForLine(/"request":"reload"/);
  bunny.kill("SIGTERM");
  await bunny.waitForLine(/waiting for the watched process/);
  bunny.kill("SIGTERM");
  assert.equal((await bunny.status).code, 130);
  assert.doesNotMatch(bunny.output, /applied the configuration/);
});

Deno.test("process: a second signal ends it at once, whatever is waited for", async () => {
  const port = freePort();
  await using _watched = sleeper(port);
  await using rig = await start({ port, more: watching(port) });
  const { bunny } = rig;
  bunny.kill("SIGINT");
  await bunny.waitForLine(/waiting for the watched process/);
  bunny.kill("SIGINT");
  assert.equal((await bunny.status).code, 130);
});
