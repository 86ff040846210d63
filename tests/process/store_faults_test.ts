import assert from "node:assert/strict";
import { SILENT } from "../../src/base/log.ts";
import { Labels } from "../../src/model/labels.ts";
import { DirLock } from "../../src/store/lock.ts";
import { Store } from "../../src/store/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { freePort } from "../support/free_port.ts";
import { httpPeer } from "../support/http_peer.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { ask, startBunny, untilStatus, value } from "./bunny.ts";

const HAS_BWRAP = (() => {
  try {
    const args = ["--dev-bind", "/", "/", "--size", "65536", "--tmpfs", "/mnt", "--cap-drop", "ALL", "true"];
    return new Deno.Command("bwrap", { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
})();

const SANDBOX = ["bwrap", "--dev-bind", "/", "/"];

interface Fault {
  readonly name: string;
  /** Makes the trouble. @returns the store's directory, and the program to start Bunny within */
  readonly prepare: (
    dir: TempDir,
    scope: DisposableStack,
  ) => { path: string; within?: string[] } | Promise<{ path: string; within?: string[] }>;
  /** The log line, and what the scrape page of internals shows sooner or later. */
  readonly line: RegExp;
  readonly metrics: readonly RegExp[];
}

const MEMORY_ONLY = /^bunny_store_memory_only 1$/m;

const faults: Fault[] = [
  {
    name: "on a disk that becomes full",
    prepare: () => ({
      path: "/mnt/tsdb",
      // A start needs some pages for directories, the lock and the log; the log has the rest full within a second.
      within: [...SANDBOX, "--size", String(96 * 1024), "--tmpfs", "/mnt"],
    }),
    line: /log suspended.*space/i,
    metrics: [MEMORY_ONLY, /^prometheus_tsdb_wal_writes_failed_total [1-9]/m],
  },
  {
    name: "on a disk that is read-only",
    prepare: (dir) => ({ path: dir.path, within: [...SANDBOX, "--ro-bind", dir.path, dir.path] }),
    line: /samples are kept in memory only.*read-only/i,
    metrics: [MEMORY_ONLY],
  },
  {
    name: "in a directory that it may not write to",
    prepare: (dir) => {
      Deno.chmodSync(dir.path, 0o500);
      return { path: dir.path, within: [...SANDBOX, "--cap-drop", "ALL"] };
    },
    line: /samples are kept in memory only.*permission denied/i,
    metrics: [MEMORY_ONLY],
  },
  {
    name: "in a directory that another process holds",
    prepare: (dir, scope) => {
      const lock = DirLock.tryAcquire(dir.path)!;
      scope.defer(() => lock.release());
      return { path: dir.path };
    },
    line: /samples are kept in memory only.*lock/i,
    metrics: [MEMORY_ONLY],
  },
  {
    name: "in a directory from the future",
    prepare: async (dir) => {
      const clock = new FakeClock({ wallMs: Date.now() + 86_400_000 });
      await using store = await Store.open({ dir: dir.path, clock, logger: SILENT });
      const ref = store.acquire(Labels.from({ __name__: "probe_success", probe: "alpha", type: "http" }));
      store.append(clock.wallNow(), [ref], [0]);
      return { path: dir.path };
    },
    line: /samples from the future: set aside/,
    metrics: [/^bunny_store_memory_only 0$/m, /^bunny_store_blocks_set_aside_total 1$/m],
  },
];

for (const { name, prepare, line, metrics } of faults) {
  Deno.test({
    name: `process: with its store ${name} Bunny probes and gives verdicts, and says what is wrong`,
    ignore: !HAS_BWRAP,
    fn: async () => {
      using scope = new DisposableStack();
      const dir = scope.use(tempDir());
      const data = scope.use(tempDir());
      await using target = await httpPeer();
      const port = freePort();
      const { path, within } = await prepare(data, scope);
      const config = dir.write(
        "bunny.yaml",
        [
          "egress:",
          "  periodMilliseconds: 20",
          "  probes:",
          ...["alpha", "beta", "gamma", "delta"].map((probe) =>
            `    - { name: ${probe}, httpGet: { host: 127.0.0.1, port: ${target.port} } }`
          ),
          "ingress:",
          "  httpServer:",
          `    port: ${port}`,
          "    host: 127.0.0.1",
          "    health:",
          "      - { path: ready, instantQuery: { query: 'min_over_time(probe_success[1s])' } }",
          `telemetry: { prometheus: { tsdbPath: ${path} } }`,
        ].join("\n"),
      );
      await using bunny = await startBunny(config, {}, within);
      await untilStatus(port, "ready", 200);
      const deadline = performance.now() + 20_000;
      for (let page = "", left = metrics; left.length > 0;) {
        page = (await ask(port, "prom-metrics")).body;
        left = left.filter((metric) => !metric.test(page));
        assert.ok(performance.now() < deadline, `no ${left} in\n${page}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const before = await value(port, "sum(probe_attempts_total)");
      assert.match(bunny.output, line);
      assert.equal((await ask(port, "ready")).status, 200);
      while (await value(port, "sum(probe_attempts_total)") < before + 20) {
        assert.ok(performance.now() < deadline, "no probe is stored any more");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.equal((await ask(port, "ready")).status, 200);
    },
  });
}
