/** Writes an hour of what 50 probes measure at 10 Hz into a store directory, up to now: `query_data.ts DIR [MINUTES]`. */
import { SystemClock } from "../../src/base/clock.ts";
import { SILENT } from "../../src/base/log.ts";
import { Labels } from "../../src/model/labels.ts";
import { Store } from "../../src/store/mod.ts";
import { Random } from "../support/random.ts";

const PROBES = 50;
const PERIOD_MS = 100;
const TYPES = ["http", "grpc", "tcp", "exec"];

const [dir, minutes = "60"] = Deno.args;
const clock = new SystemClock();
const endMs = Math.floor(clock.wallNow() / 1_000) * 1_000;
const startMs = endMs - Number(minutes) * 60_000;
await using store = await Store.open({ dir, clock, logger: SILENT, retentionMs: 10 * 86_400_000 });
const random = new Random(42);
const probes = Array.from({ length: PROBES }, (_, i) => {
  const labels = { probe: `probe-${i}`, type: TYPES[i % TYPES.length], team: `team-${i % 7}` };
  const ref = (name: string) => store.acquire(Labels.from({ __name__: name, ...labels }));
  return {
    refs: [
      ref("probe_success"),
      ref("probe_duration_seconds"),
      ref("probe_attempts_total"),
      ref("probe_failures_total"),
    ],
    phaseMs: Math.floor(i * PERIOD_MS / PROBES),
    slowness: 0.002 + 0.01 * random.next(),
    failing: false,
    attempts: 0,
    failures: 0,
  };
});
for (let timeMs = startMs; timeMs < endMs; timeMs += PERIOD_MS) {
  for (const probe of probes) {
    // Failures come in spells; late beats are late by a few milliseconds.
    if (random.chance(probe.failing ? 0.1 : 0.0005)) probe.failing = !probe.failing;
    const success = probe.failing ? 0 : 1;
    probe.attempts++;
    probe.failures += 1 - success;
    const duration = Math.round(1e6 * probe.slowness * (0.7 + random.next() + (probe.failing ? 20 : 0))) /
      1e6;
    const atMs = timeMs + probe.phaseMs + (random.chance(0.1) ? random.below(4) : 0);
    store.append(atMs, probe.refs, [success, duration, probe.attempts, probe.failures]);
  }
  // The store writes blocks meanwhile, as it would in an hour.
  if (timeMs % 60_000 === 0) await clock.sleepUntil(clock.now() + 50);
}
console.log(String(endMs));
