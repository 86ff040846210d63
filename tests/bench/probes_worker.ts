/**
 * Runs HTTP probes into a store in memory and says what that took:
 * `probes_worker.ts PORT PROBES PERIOD_MS WARM_UP_MS MEASURE_MS`. Prints one line of JSON, see `WorkerReport`.
 */
import process from "node:process";
import { SystemClock } from "../../src/base/clock.ts";
import { SILENT } from "../../src/base/log.ts";
import { equalTo } from "../../src/model/matcher.ts";
import { SampleColumns } from "../../src/model/sample.ts";
import { NO_TRACING } from "../../src/model/trace.ts";
import { Schedule } from "../../src/probes/mod.ts";
import { Store } from "../../src/store/mod.ts";
import { MeterRegistry } from "../../src/telemetry/mod.ts";
import { http, probeConfig } from "../probes/harness.ts";
import { quantile, sleep } from "./process_stats.ts";

export interface WorkerReport {
  readonly probes: number;
  readonly failed: number;
  readonly perSecond: number;
  /** Of this process, user and system, per probe. */
  readonly cpuMicros: number;
  /** Lateness of the beats, ms. */
  readonly lateP50Ms: number;
  readonly lateP99Ms: number;
  /** Results that a query finds in the store, of those that were measured. */
  readonly stored: number;
  readonly rssMib: number;
}

const [port, count, periodMs, warmUpMs, measureMs] = Deno.args.map(Number);
const clock = new SystemClock();
const store = await Store.open({ clock, logger: SILENT });
const meter = new MeterRegistry(store, { clock });
const lateMs: number[] = [];
let failed = 0;
const schedule = new Schedule({
  clock,
  meter,
  tracing: {
    ...NO_TRACING,
    probeFinished(result) {
      lateMs.push(result.lateMs);
      if (result.outcome.kind === "fail") failed++;
    },
  },
});
schedule.apply(
  Array.from(
    { length: count },
    (_, i) =>
      probeConfig({ name: `p${i}`, action: http({ port, path: "/healthz" }), periodMs, timeoutMs: 1_000 }),
  ),
);
await sleep(warmUpMs);
lateMs.length = failed = 0;
const startedAtMs = Date.now();
const startedAt = performance.now();
const before = process.cpuUsage();
await sleep(measureMs);
const { user, system } = process.cpuUsage(before);
const seconds = (performance.now() - startedAt) / 1_000;
const probes = lateMs.length;
const report: WorkerReport = {
  probes,
  failed,
  perSecond: probes / seconds,
  cpuMicros: (user + system) / probes,
  lateP50Ms: quantile(lateMs, 0.5),
  lateP99Ms: quantile(lateMs, 0.99),
  stored: storedSince(startedAtMs),
  rssMib: Deno.memoryUsage().rss / 1024 / 1024,
};
console.log(JSON.stringify(report));
await schedule.stop();
await store.close();

function storedSince(minTimeMs: number): number {
  const matchers = [equalTo("__name__", "probe_success")];
  const maxTimeMs = Date.now();
  const columns = new SampleColumns();
  for (const series of store.select({ matchers, minTimeMs, maxTimeMs })) {
    series.read(minTimeMs, maxTimeMs, columns);
  }
  return columns.length;
}
