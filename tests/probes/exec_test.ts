import assert from "node:assert/strict";
import type { ExecAction } from "../../src/config/mod.ts";
import type { Reason } from "../../src/model/probe_result.ts";
import { ExecPolicy, makeProbe } from "../../src/probes/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { tempDir } from "../support/temp_dir.ts";
import { denoProcess } from "../support/process_runner.ts";
import { assertOutcome, exec, probeConfig, probeDeps, probeOnce, TRACE, TRACEPARENT } from "./harness.ts";

const execPolicy = new ExecPolicy(["/bin/sh", "/usr/bin/env", "/nowhere/to/be/found", "/etc/passwd"]);

function sh(script: string): ExecAction["command"] {
  return ["/bin/sh", "-c", script];
}

interface Case {
  readonly name: string;
  readonly command: ExecAction["command"];
  readonly want: "pass" | Reason;
  readonly detail?: RegExp;
  readonly exitCode?: number;
  readonly timeoutMs?: number;
}

const CASES: readonly Case[] = [
  { name: "exit 0", command: sh("exit 0"), want: "pass", exitCode: 0 },
  {
    name: "exit 0 with much to say",
    command: sh("yes | head -c 3000000; yes | head -c 300000 >&2"),
    want: "pass",
    timeoutMs: 5_000,
  },
  {
    name: "exit 3",
    command: sh("echo 'the queue'; echo is full >&2; exit 3"),
    want: "exit_code",
    detail: /^\/bin\/sh ended with exit code 3: ".*(the queue|is full)/,
    exitCode: 3,
  },
  { name: "a death by signal", command: sh("kill -SEGV $$"), want: "signal", detail: /SIGSEGV/ },
  {
    name: "a program that doesn't exist",
    command: ["/nowhere/to/be/found"],
    want: "spawn",
    detail: /No such file/,
  },
  {
    name: "an end like that of who can't be started",
    command: sh("echo setsid: no; exit 127"),
    want: "exit_code",
    detail: /exit code 127: "setsid: no"$/,
    exitCode: 127,
  },
  { name: "a file that is no program", command: ["/etc/passwd"], want: "spawn", detail: /denied/i },
  {
    name: "a program that is not on the list",
    command: ["/bin/true"],
    want: "spawn",
    detail: /BUNNY_EXEC_ALLOW/,
  },
  {
    name: "a way around the list",
    command: ["/usr/../bin/sh", "-c", "exit 0"],
    want: "spawn",
    detail: /BUNNY_EXEC_ALLOW/,
  },
  {
    name: "no end",
    command: sh("sleep 60"),
    want: "timeout",
    detail: /100ms/,
    timeoutMs: 100,
  },
  {
    name: "deafness",
    command: sh("trap '' TERM INT HUP; while :; do sleep 0.01; done"),
    want: "timeout",
    timeoutMs: 100,
  },
  { name: "a flood without end", command: sh("exec yes"), want: "timeout", timeoutMs: 100 },
  {
    name: "an end that leaves someone behind with the pipes",
    command: sh("sleep 2 & exit 0"),
    want: "pass",
    exitCode: 0,
  },
];

for (const { name, command, want, detail, exitCode, timeoutMs } of CASES) {
  Deno.test(`exec probe, ${name}: ${want}`, async () => {
    const run = await probeOnce(exec(command), { timeoutMs, deps: { execPolicy } });
    assertOutcome(run, want, detail);
    if (exitCode !== undefined) assert.equal(run.facts.execExitCode, exitCode);
    assert(run.tookMs < 1_900, "nobody waits for who is left behind");
  });
}

Deno.test("exec probe gives the command its own environment and the trace's, and nothing else", async () => {
  using dir = tempDir();
  const env = [{ name: "NICKNAME", value: "Bun Bun" }, { name: "OUT", value: dir.join("env") }];
  const run = await probeOnce(exec(sh('/usr/bin/env > "$OUT"'), env), { trace: TRACE, deps: { execPolicy } });
  assertOutcome(run, "pass");
  const lines = Deno.readTextFileSync(dir.join("env")).trim().split("\n");
  const own = lines.filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line)); // the shell's
  assert.deepEqual(own.sort(), [
    "NICKNAME=Bun Bun",
    "OTEL_CLI_FORCE_PARENT_SPAN_ID=b7ad6b7169203331",
    "OTEL_CLI_FORCE_TRACE_ID=0af7651916cd43dd8448eb211c80319c",
    `OUT=${dir.join("env")}`,
    `TRACEPARENT=${TRACEPARENT}`,
  ]);
});

Deno.test("exec probe never tells its environment's values, even when the command does", async () => {
  const env = [{ name: "PASSWORD", value: "open-sesame" }];
  const run = await probeOnce(exec(sh('echo "login with $PASSWORD failed"; exit 1'), env), {
    deps: { execPolicy },
  });
  assertOutcome(run, "exit_code", /"login with \*\*\* failed"/);
});

Deno.test("exec probe puts the command at the head of a process group of its own", async () => {
  const script = "read -r _ _ _ _ group _ < /proc/$$/stat; [ $group = $$ ] || { echo $$ in $group; exit 1; }";
  assertOutcome(await probeOnce(exec(sh(script)), { deps: { execPolicy } }), "pass");
});

Deno.test("exec probe takes arguments as they are, without a shell", async () => {
  using dir = tempDir();
  const script = 'printf "%s|" "$@" > "$0"';
  const run = await probeOnce(exec(["/bin/sh", "-c", script, dir.join("args"), "a b", "$HOME", "*", ""]), {
    deps: { execPolicy },
  });
  assertOutcome(run, "pass");
  assert.equal(Deno.readTextFileSync(dir.join("args")), "a b|$HOME|*||");
});

Deno.test("exec probe tells what a command said before its time was up", async () => {
  using dir = tempDir();
  const action = exec(sh(`echo waiting for godot; echo > ${dir.join("said")}; exec sleep 60`));
  const probe = makeProbe(probeConfig({ action, timeoutMs: 60_000 }), probeDeps({ execPolicy }));
  const deadline = new AbortController();
  const running = probe.run(deadline.signal, undefined);
  await eventually("it has spoken", () => exists(dir.join("said")));
  deadline.abort();
  assertOutcome(await running, "timeout", /^\/bin\/sh still ran after 1m0s: "waiting for godot"$/);
});

Deno.test("exec probe does not wait for last words past the limit that the command has kept", async () => {
  const clock = new FakeClock();
  const action = exec(sh("sleep 2 & exit 0"));
  const probe = makeProbe(probeConfig({ action }), probeDeps({ execPolicy, clock }));
  const deadline = new AbortController();
  const running = probe.run(deadline.signal, undefined);
  await clock.untilPending();
  deadline.abort();
  assert.equal(clock.pending, 0, "it still waits");
  const run = await running;
  assertOutcome(run, "pass");
  assert.equal(run.facts.execExitCode, 0);
});

/** Starts a family: a child and a grandchild that ignore signals, each writing its pid into the directory. */
function family(dir: string): ExecAction["command"] {
  const deaf = "trap '' TERM INT HUP;";
  const grandchild =
    `(${deaf} echo $$ > ${dir}/leader; sh -c "${deaf} echo \\$\\$ > ${dir}/grandchild; sleep 60" & wait)`;
  return sh(`${deaf} ${grandchild} & sleep 60`);
}

/** Whether a process is there, and no zombie. */
function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    assert(tries < 500, what);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("exec probe ends a command that is deaf and has children, and all of them with it", async () => {
  using dir = tempDir();
  const run = await probeOnce(exec(family(dir.path)), { timeoutMs: 400, deps: { execPolicy } });
  assertOutcome(run, "timeout");
  for (const file of ["leader", "grandchild"]) {
    const pid = Deno.readTextFileSync(dir.join(file)).trim();
    await eventually(`${file} ${pid} is gone`, () => !isAlive(pid));
  }
});

for (
  const { name, allow, reach, survivors } of [
    {
      name: "with a kill program in the scope, the whole group",
      allow: "/bin/sh,/bin/kill",
      reach: "helper",
      survivors: 0,
    },
    { name: "without one, the command itself", allow: "/bin/sh", reach: "leader", survivors: 1 },
  ]
) {
  Deno.test(`exec probe under a scoped --allow-run ends, ${name}`, async () => {
    using dir = tempDir();
    const script = new URL("./scoped_exec.ts", import.meta.url).pathname;
    const scope = [`--allow-run=${allow}`, "--allow-read", "--allow-sys"];
    await using child = denoProcess(["run", ...scope, "--no-check", script, ...family(dir.path)]);
    assert.equal((await child.status).code, 0, child.output);
    assert.deepEqual(child.lines.map(({ text }) => text), [reach, "timeout"]);
    const grandchild = Deno.readTextFileSync(dir.join("grandchild")).trim();
    if (survivors === 0) return await eventually("the grandchild is gone", () => !isAlive(grandchild));
    assert(isAlive(grandchild), "if this fails, things have got better: say so in the documentation");
    const group = Deno.readTextFileSync(`/proc/${grandchild}/stat`).replace(/^.*\) /, "").split(" ")[2];
    Deno.kill(-Number(group), "SIGKILL");
  });
}
