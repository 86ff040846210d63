import assert from "node:assert/strict";
import { denoProcess, RunningProcess } from "./process_runner.ts";
import { tempDir } from "./temp_dir.ts";

Deno.test("a process's lines are kept, and waited for one after the other", async () => {
  using dir = tempDir();
  const script = dir.write(
    "lines.ts",
    `console.log("ready 1"); console.error("oops"); console.log("ready 2", Deno.env.get("BEE"));`,
  );
  await using child = denoProcess(["run", "-A", script], { env: { BEE: "buzz" } });
  assert.equal(await child.waitForLine(/ready/), "ready 1");
  assert.equal(await child.waitForLine(/ready/), "ready 2 buzz");
  assert.equal((await child.status).code, 0);
  assert.ok(child.lines.some(({ stream, text }) => stream === "stderr" && text === "oops"));
  await assert.rejects(child.waitForLine(/ready/), /ended without a line like .*\n[^]*ready 2/);
});

Deno.test("waiting for a line has a limit", async () => {
  await using child = new RunningProcess({ command: ["sh", "-c", "echo up; exec sleep 100"] });
  await assert.rejects(child.waitForLine(/down/, 300), /printed no line like .*in 300 ms:\nup/);
});

Deno.test("a process gets the signal it is sent", async () => {
  await using child = new RunningProcess({
    command: ["sh", "-c", "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.05; done"],
  });
  await child.waitForLine(/up/);
  child.kill("SIGTERM");
  await child.waitForLine(/bye/);
  assert.equal((await child.status).code, 3);
});

Deno.test("disposing of a process takes its children along", async () => {
  let grandchild: number;
  {
    await using child = new RunningProcess({ command: ["sh", "-c", "sleep 100 & echo pid $!; wait"] });
    grandchild = Number((await child.waitForLine(/^pid/)).slice(4));
    Deno.kill(grandchild, "SIGCONT"); // it is there
  }
  // Its pipe end is closed with it, so the status above came only after its death; init may still have to reap it.
  for (let tries = 0; isRunning(grandchild); tries++) {
    assert.ok(tries < 500, "the grandchild outlived its group");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

function isRunning(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}
