/**
 * Appends to a store in the directory given as fast as it can, and prints what is committed: `committed N` means that
 * samples 0 … N of every series were handed to the operating system. Meant to be killed: `child.ts DIR FIRST`.
 *
 * Block ranges of a second and endless maintenance make cuts, merges, checkpoints and retention happen all the time.
 * Sample n of series s has the value 1,000 n + s at EPOCH + n milliseconds; with every tenth a native histogram whose
 * count is n.
 */
import { SILENT } from "../../src/base/log.ts";
import { Labels } from "../../src/model/labels.ts";
import { Store } from "../../src/store/mod.ts";
import { clockAt, crashOptions, EPOCH_MS, histogramOf, SERIES, STEPS_PER_APPEND } from "./shared.ts";

const [dir, first] = Deno.args;
const clock = clockAt(Number(first));
const store = await Store.open({ ...crashOptions(dir), clock, logger: SILENT });
const refs = Array.from({ length: SERIES }, (_, s) => {
  return store.acquire(Labels.from({ __name__: "m", s: String(s) }));
});
const histogram = store.acquire(Labels.from({ __name__: "h" }));
const values = new Float64Array(SERIES);
const encoder = new TextEncoder();
let n = Number(first);
let working = false;
for (;;) {
  for (let i = 0; i < STEPS_PER_APPEND; i++, n++) {
    for (let s = 0; s < SERIES; s++) values[s] = 1_000 * n + s;
    if (store.append(EPOCH_MS + n, refs, values) > 0) throw new Error(`sample ${n} was refused`);
    if (n % 10 === 0 && !store.appendHistogram(EPOCH_MS + n, histogram, histogramOf(n))) {
      throw new Error(`histogram ${n} was refused`);
    }
  }
  clock.stepTo(n);
  store.flush();
  // At this rate a directory with a bound runs out of room between cuts, and says so: nothing is promised then.
  if (store.stats().mode === "disk") Deno.stdout.writeSync(encoder.encode(`committed ${n - 1}\n`));
  if (!working) {
    working = true;
    void store.maintain().then(() => working = false);
  }
  await new Promise((resolve) => setTimeout(resolve, 0));
}
