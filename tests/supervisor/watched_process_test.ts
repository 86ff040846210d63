import assert from "node:assert/strict";
import { compileRegex, type Regex } from "../../src/base/regex.ts";
import { commandLines, untilGone } from "../../src/supervisor/watched_process.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { RunningProcess } from "../support/process_runner.ts";
import { tempDir } from "../support/temp_dir.ts";

function regex(pattern: string): Regex {
  const compiled = compileRegex(pattern);
  assert.ok(compiled.kind === "ok");
  return compiled.regex;
}

Deno.test("command lines are those of other processes, arguments joined by spaces", async () => {
  await using _child = new RunningProcess({ command: ["/bin/sleep", "4999.25"] });
  const lines = commandLines();
  assert.ok(lines.includes("/bin/sleep 4999.25"), lines.join("\n"));
});

Deno.test("command lines leave out ourselves, kernel threads, and what is no process", () => {
  using dir = tempDir();
  dir.write("1/cmdline", "/app\0--port\x0080\0");
  dir.write("2/cmdline", "");
  dir.write("3/cmdline", "bunny\0run\0");
  dir.write("self/cmdline", "x\0");
  Deno.mkdirSync(dir.join("4")); // has just ended
  assert.deepEqual(commandLines(dir.path, 3), ["/app --port 80"]);
});

Deno.test("waiting for a process ends when no command line matches any more", async () => {
  const clock = new FakeClock();
  const lists = [["/app --port 80"], ["/app --port 80", "other"], ["other"]];
  let looks = 0;
  const gone = untilGone(regex("^/app"), clock, new AbortController().signal, () => lists[looks++]);
  await clock.advance(249);
  assert.equal(looks, 1);
  await clock.advance(251);
  assert.equal(await gone, true);
  assert.equal(looks, 3);
});

Deno.test("waiting for a process ends at once when it is aborted", async () => {
  const clock = new FakeClock();
  const hurry = new AbortController();
  const gone = untilGone(regex("app"), clock, hurry.signal, () => ["app"]);
  hurry.abort();
  assert.equal(await gone, false);
});
