/** Timers that do nothing, for comparison: `timers_worker.ts COUNT PERIOD_MS MEASURE_MS`. Prints their lateness as JSON. */
import { SystemClock } from "../../src/base/clock.ts";
import { quantile } from "./process_stats.ts";

const [count, periodMs, measureMs] = Deno.args.map(Number);
const clock = new SystemClock();
const endMs = clock.now() + measureMs;
const lateMs: number[] = [];
await Promise.all(Array.from({ length: count }, async (_, i) => {
  for (let dueAtMs = clock.now() + i * periodMs / count; dueAtMs < endMs; dueAtMs += periodMs) {
    await clock.sleepUntil(dueAtMs);
    lateMs.push(clock.now() - dueAtMs);
  }
}));
console.log(JSON.stringify({ p50Ms: quantile(lateMs, 0.5), p99Ms: quantile(lateMs, 0.99) }));
