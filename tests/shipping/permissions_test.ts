import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runBunny, startBunny, value } from "../process/bunny.ts";
import { freePort } from "../support/free_port.ts";
import { httpPeer } from "../support/http_peer.ts";
import { RunningProcess } from "../support/process_runner.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { build, canBuild } from "./build.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const TEMPTED = fileURLToPath(new URL("tempted_bunny.ts", import.meta.url));

function yaml(port: number, command: readonly string[] | undefined, tsdbPath = "", more = ""): string {
  return `
egress:
  periodMilliseconds: 100
  timeoutMilliseconds: 300
  probes:
    - { name: plain, tcpSocket: { host: 127.0.0.1, port: ${port} } }
${command ? `    - { name: program, exec: { command: ${JSON.stringify(command)} } }` : ""}
ingress: { httpServer: { host: 127.0.0.1, port: ${port} } }
telemetry: { prometheus: { tsdbPath: "${tsdbPath}" } }
${more}
`;
}

for (
  const { name, allow } of [
    { name: "a list without it", allow: "/bin/false,/bin/echo" },
    { name: "an empty list", allow: "" },
  ]
) {
  Deno.test(`permissions: an exec probe that is on no list ends the start with code 2: ${name}`, async () => {
    using dir = tempDir();
    const path = dir.write("bunny.yaml", yaml(freePort(), ["/bin/touch", dir.join("ran")]));
    await using bunny = runBunny(path, { BUNNY_EXEC_ALLOW: allow });
    assert.equal((await bunny.status).code, 2);
    const [line] = bunny.lines.filter(({ text }) => text.includes("may not be run"));
    const now = allow === "" ? "none" : allow;
    assert.equal(
      JSON.parse(line.text).msg,
      `probe "program": /bin/touch may not be run: the list of commands is fixed when the process starts (now: ${now}); ` +
        "add it to BUNNY_EXEC_ALLOW and start again",
    );
    assert.throws(() => Deno.statSync(dir.join("ran")), Deno.errors.NotFound);
  });
}

for (
  const { name, env } of [
    { name: "the first configuration's commands", env: {} },
    { name: "BUNNY_EXEC_ALLOW", env: { BUNNY_EXEC_ALLOW: "/bin/true" } },
  ]
) {
  Deno.test(`permissions: a reload runs no program that is not on the list: ${name}`, async () => {
    using dir = tempDir();
    const port = freePort();
    const path = dir.write("bunny.yaml", yaml(port, ["/bin/true"]));
    await using bunny = await startBunny(path, env);
    dir.write("bunny.yaml", yaml(port, ["/bin/touch", dir.join("ran")]));
    await bunny.waitForLine(/\/bin\/touch may not be run.*now: \/bin\/true.*add it to BUNNY_EXEC_ALLOW/);
    await bunny.waitForLine(/stays in force/);
    assert.equal(await value(port, "bunny_config_last_reload_successful"), 0);
    dir.write("bunny.yaml", yaml(port, ["/bin/true", "with other arguments"]));
    await bunny.waitForLine(/applied the configuration/);
    assert.throws(() => Deno.statSync(dir.join("ran")), Deno.errors.NotFound);
  });
}

interface Case {
  name: string;
  command?: string[];
  /** In memory, or a directory. */
  store: "memory" | "disk";
  more?: string;
  env?: Record<string, string>;
  /** What the log says was given up. */
  gaveUp: string;
  /** What can still be done. */
  can: string[];
}

const cases: Case[] = [
  {
    name: "probes without programs, samples in memory",
    store: "memory",
    gaveUp: "ffi,import,run,write",
    can: [],
  },
  {
    name: "an empty list",
    store: "memory",
    env: { BUNNY_EXEC_ALLOW: "" },
    gaveUp: "ffi,import,run,write",
    can: [],
  },
  { name: "a store directory", store: "disk", gaveUp: "ffi,import,run", can: ["write"] },
  {
    name: "an exec probe",
    command: ["/bin/true"],
    store: "memory",
    gaveUp: "ffi,import,write",
    can: ["again", "program"],
  },
  {
    name: "a watched process",
    store: "memory",
    more: "signals: { watchedProcessCommandLineRegEx: no such process }",
    gaveUp: "none",
    can: ["again", "import", "library", "program", "write"],
  },
];
/** How the tempted Bunny is started. */
interface Tempted {
  readonly how: string;
  readonly ignore: boolean;
  command(dir: TempDir): Promise<[string, ...string[]]>;
  /** What this runtime never does, allowed or not. */
  readonly never: readonly string[];
}

const tempted: Tempted[] = [
  {
    how: "by Deno",
    ignore: false,
    command: () =>
      Promise.resolve([Deno.execPath(), "run", "-A", "--no-prompt", "--no-check", "--no-lock", TEMPTED]),
    never: [],
  },
  {
    how: "as an executable",
    ignore: !canBuild(),
    async command(dir) {
      const output = dir.join("tempted");
      await build("--entry", "tests/shipping/tempted_bunny.ts", "--output", output);
      return [output];
    },
    never: ["import"],
  },
];
for (const { how, ignore, command: start, never } of tempted) {
  for (const { name, command, store, more, env, gaveUp, can } of cases) {
    Deno.test({
      name: `permissions: what the running process can't do, ${how}: ${name}`,
      ignore,
      fn: async () => {
        using dir = tempDir();
        await using peer = await httpPeer((_, response) =>
          void response.writeHead(200, { "content-type": "text/javascript" }).end("export {};")
        );
        const [port, ownPort] = [freePort(), freePort()];
        const tsdbPath = store === "disk" ? dir.join("tsdb") : "";
        const path = dir.write("bunny.yaml", yaml(port, command, tsdbPath, more));
        const moduleUrl = `http://127.0.0.1:${peer.port}/module.js`;
        await using bunny = new RunningProcess({
          command: [...await start(dir), path, String(ownPort), dir.path, moduleUrl],
          env,
        });
        const line = JSON.parse(await bunny.waitForLine(/gave up permissions/));
        assert.equal(line.permissions, gaveUp);
        const done: string[] = [];
        for (const what of ["again", "import", "library", "program", "write"]) {
          const answer = await (await fetch(`http://127.0.0.1:${ownPort}/${what}`)).text();
          if (answer === "done") done.push(what);
          else assert.equal(answer, what === "import" ? "TypeError" : "NotCapable", what);
        }
        const possible = can.filter((what) => !never.includes(what));
        assert.deepEqual(done, possible);
        assert.equal(peer.requests.some(({ url }) => url === "/module.js"), possible.includes("import"));
      },
    });
  }
}

/** Starts something that would outlive it, and outlives its limit itself. */
const STUBBORN = `sleep 987654 & echo $! >>"$0/pids"; wait`;

/** Tighter permissions that `deno task build` bakes in, and what becomes of such a command's children. */
const scopes: { run: string; ends: boolean }[] = [
  { run: "/bin/sh,/bin/kill", ends: true },
  { run: "/bin/sh", ends: false },
];
/** All else that Bunny needs. */
const OTHERS = ["--allow-net", "--allow-read", "--allow-env", "--allow-sys"];

/** How a Bunny with tighter permissions is started. */
const tightened: {
  how: string;
  ignore: boolean;
  command(dir: TempDir, run: string): Promise<[string, ...string[]]>;
}[] = [
  {
    how: "by Deno",
    ignore: false,
    command: (_, run) =>
      Promise.resolve([
        Deno.execPath(),
        "run",
        "--no-check",
        "--no-prompt",
        ...OTHERS,
        `--allow-run=${run}`,
        MAIN,
      ]),
  },
  {
    how: "built so",
    ignore: !canBuild(),
    async command(dir, run) {
      const output = dir.join("tight");
      const said = await build(...OTHERS, `--allow-run=${run}`, "--output", output);
      assert.match(said, /^note: without all permissions Bunny can't watch a process/m);
      // The build says what becomes of a group that it lets nobody end.
      assert.equal(
        /^note: .*lets no process group be ended.*Add \/bin\/kill/m.test(said),
        !run.includes("kill"),
        said,
      );
      return [output];
    },
  },
];
for (const { how, ignore, command } of tightened) {
  for (const { run, ends } of scopes) {
    Deno.test({
      name:
        `permissions: with --allow-run=${run}, ${how}, what a command that outlives its limit has started ${
          ends ? "ends with it" : "stays, and the log says why"
        }`,
      ignore: ignore || Deno.build.os !== "linux",
      fn: async () => {
        using dir = tempDir();
        const path = dir.write("bunny.yaml", yaml(freePort(), ["/bin/sh", "-c", STUBBORN, dir.path]));
        await using bunny = new RunningProcess({
          command: [...await command(dir, run), "run", "--config", path],
        });
        const warns = /let a command that outlives its limit be ended, but not what it has started/;
        if (!ends) await bunny.waitForLine(warns);
        await bunny.waitForLine(/probe fails.*"reason":"timeout"/);
        assert.equal(warns.test(bunny.output), !ends);
        const [child] = Deno.readTextFileSync(dir.join("pids")).trim().split("\n").map(Number);
        if (ends) await untilGone(child);
        else assert.ok(isRunning(child));
        bunny.kill("SIGKILL");
        await bunny.status;
        for (const pid of Deno.readTextFileSync(dir.join("pids")).trim().split("\n").map(Number)) {
          if (isRunning(pid)) Deno.kill(pid, "SIGKILL");
        }
      },
    });
  }
}

Deno.test({
  name: "permissions: an executable with a program built in runs no other, whatever the list says",
  ignore: !canBuild() || Deno.build.os !== "linux",
  fn: async () => {
    using dir = tempDir();
    const output = dir.join("tight");
    await build(...OTHERS, "--allow-run=/bin/true", "--output", output);
    const path = dir.write("bunny.yaml", yaml(freePort(), ["/bin/touch", dir.join("ran")]));
    await using bunny = new RunningProcess({ command: [output, "run", "--config", path] });
    const line = JSON.parse(await bunny.waitForLine(/probe fails/));
    assert.equal(line.reason, "spawn", JSON.stringify(line));
    assert.throws(() => Deno.statSync(dir.join("ran")), Deno.errors.NotFound);
  },
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

async function untilGone(pid: number): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (isRunning(pid)) {
    assert.ok(performance.now() < deadline, `${pid} still runs`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
