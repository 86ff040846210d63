import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { untilStatus, value } from "../process/bunny.ts";
import { freePort } from "../support/free_port.ts";
import { httpPeer } from "../support/http_peer.ts";
import { RunningProcess } from "../support/process_runner.ts";
import { tempDir } from "../support/temp_dir.ts";
import { build, canBuild } from "./build.ts";
import { clumsyConfig } from "./clumsy_config.ts";

const ENTRY = "tests/shipping/clumsy_bunny.ts";
const SOURCE = fileURLToPath(new URL(`../../${ENTRY}`, import.meta.url));

interface Runtime {
  readonly name: string;
  readonly command: (dir: string) => Promise<[string, ...string[]]>;
  readonly ignore: boolean;
}

const runtimes: Runtime[] = [
  {
    name: "deno run",
    command: () =>
      Promise.resolve([
        Deno.execPath(),
        "run",
        "-A",
        "--no-check",
        "--v8-flags=--max-old-space-size=48",
        SOURCE,
      ]),
    ignore: Deno.build.os !== "linux",
  },
  {
    name: "an executable",
    command: async (dir) => {
      const output = `${dir}/clumsy`;
      await build("--entry", ENTRY, "--output", output);
      return [output];
    },
    ignore: Deno.build.os !== "linux" || !canBuild(),
  },
];
for (const { name, command, ignore } of runtimes) {
  Deno.test({
    name: `heap overflow ends ${name} with 133 and words on stderr, and no sample is lost`,
    ignore,
    fn: async () => {
      using dir = tempDir();
      await using target = await httpPeer();
      const [port, tripPort] = [freePort(), freePort()];
      const config = dir.write("bunny.yaml", clumsyConfig(port, target.port, dir.join("tsdb")));
      const [program, ...args] = await command(dir.path);
      const start = () =>
        new RunningProcess({
          command: [program, ...args, config, String(tripPort)],
          env: { TMPDIR: dir.path },
        });
      let before = 0;
      {
        await using bunny = start();
        await bunny.waitForLine(/"msg":"ready"/);
        await untilStatus(port, "ready", 200);
        while (before < 20) before = await value(port, "sum(count_over_time(probe_success[1h]))");
        await (await fetch(`http://127.0.0.1:${tripPort}/hoard`)).body?.cancel();
        const { code, signal } = await bunny.status;
        assert.deepEqual({ code, signal }, { code: 133, signal: "SIGTRAP" });
        const said = bunny.lines.filter(({ stream }) => stream === "stderr").map(({ text }) => text).join(
          "\n",
        );
        assert.match(said, /Fatal JavaScript out of memory/);
      }
      await using bunny = start();
      await bunny.waitForLine(/"msg":"ready"/);
      assert.ok(await value(port, "sum(count_over_time(probe_success[1h]))") >= before);
      assert.match(bunny.output, /"damagedSegments":0/);
      bunny.kill("SIGTERM");
      assert.equal((await bunny.status).code, 0);
    },
  });
}
