import assert from "node:assert/strict";
import { SystemClock } from "../../src/base/clock.ts";
import { Logging } from "../../src/base/log.ts";
import { ExecPolicy } from "../../src/probes/mod.ts";
import { ingressWithin } from "../../src/supervisor/assemble.ts";
import { connectionsWithin, memoryLimitBytes, samplesWithin } from "../../src/supervisor/memory_limit.ts";
import { config, type Shape } from "./service_rig.ts";

const MIB = 2 ** 20;

const cases: { name: string; files: Record<string, string>; want: number | undefined }[] = [
  { name: "no control groups", files: {}, want: undefined },
  {
    name: "a container, cgroup v2",
    files: { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": `${96 * MIB}\n` },
    want: 96 * MIB,
  },
  {
    name: "a service under systemd, cgroup v2",
    files: {
      "/proc/self/cgroup": "0::/system.slice/bunny.service\n",
      "/sys/fs/cgroup/system.slice/bunny.service/memory.max": `${128 * MIB}\n`,
    },
    want: 128 * MIB,
  },
  {
    name: "no limit, cgroup v2",
    files: { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "max\n" },
    want: undefined,
  },
  {
    name: "a container, cgroup v1, which names a path of the host",
    files: {
      "/proc/self/cgroup": "5:cpu,cpuacct:/kubepods/pod1\n4:memory:/kubepods/pod1/bunny\n0::/\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": `${96 * MIB}\n`,
    },
    want: 96 * MIB,
  },
  {
    name: "a service, cgroup v1",
    files: {
      "/proc/self/cgroup": "4:memory:/system.slice/bunny.service\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "/sys/fs/cgroup/memory/system.slice/bunny.service/memory.limit_in_bytes": `${64 * MIB}\n`,
    },
    want: 64 * MIB,
  },
  {
    name: "no limit, cgroup v1",
    files: {
      "/proc/self/cgroup": "4:memory:/\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    },
    want: undefined,
  },
];
for (const { name, files, want } of cases) {
  Deno.test(`memory limit: ${name}`, () => {
    assert.equal(memoryLimitBytes((path) => files[path] ?? ""), want);
  });
}

Deno.test("samples that queries may hold follow the limit, and some are left to them in any case", () => {
  const samples = [undefined, 32 * MIB, 96 * MIB, 128 * MIB, 1024 * MIB].map(samplesWithin);
  assert.deepEqual(samples, [undefined, 174_762, 524_288, 1_223_338, 20_796_757]);
});

Deno.test("connections follow the limit, and some are let in in any case", () => {
  const connections = [undefined, 32 * MIB, 96 * MIB, 128 * MIB].map(connectionsWithin);
  assert.deepEqual(connections, [Infinity, 128, 384, 896]);
});

Deno.test("connections that memory is there for are shared among two ports", () => {
  const clock = new SystemClock();
  const most = (shape: Shape, memoryLimitBytes: number | undefined) =>
    ingressWithin(config(shape), {
      clock,
      logging: new Logging({ format: "json", write: () => {}, wallNow: () => clock.wallNow() }),
      environment: {},
      execPolicy: new ExecPolicy([]),
      memoryLimitBytes,
    }).maxConnections;
  const limits = [undefined, 32 * MIB, 96 * MIB, 197 * MIB];
  assert.deepEqual(limits.map((limit) => most({}, limit)), [1_000, 128, 384, 1_000]);
  const both = { healthPort: 0, httpServer: "maxConnections: 1000" };
  assert.deepEqual(limits.map((limit) => most(both, limit)), [1_000, 64, 192, 1_000]);
});
