/**
 * Appends to a store in the directory given, and prints a line after each append: `committed N`, samples
 * 0 … N of every series were handed to the operating system; or `suspended N because of …`, the store said that it does
 * not write just now, and nothing is promised. `said …` lines are the store's warnings and errors. Meant to be killed:
 * `child.ts DIR FIRST`.
 *
 * Block ranges of a second and endless maintenance make cuts, merges, checkpoints and retention happen all the time.
 * Sample n of series s has the value 1,000 n + s at EPOCH + n milliseconds; with every tenth a native histogram whose
 * count is n.
 */
import type { LogFields } from "../../src/base/log.ts";
import { Labels } from "../../src/model/labels.ts";
import { Store } from "../../src/store/mod.ts";
import { clockAt, crashOptions, EPOCH_MS, histogramOf, SERIES, STEPS_PER_APPEND } from "./shared.ts";

const [dir, first] = Deno.args;
const { pauseMs, ...options } = crashOptions(dir);
const clock = clockAt(Number(first));
const encoder = new TextEncoder();
const print = (line: string) => void Deno.stdout.writeSync(encoder.encode(`${line}\n`));
const say = (message: string, fields?: LogFields) => print(`said ${message} ${JSON.stringify(fields ?? {})}`);
const logger = { debug: () => {}, info: () => {}, warn: say, error: say };
const store = await Store.open({ ...options, clock, logger });
const refs = Array.from({ length: SERIES }, (_, s) => {
  return store.acquire(Labels.from({ __name__: "m", s: String(s) }));
});
const histogram = store.acquire(Labels.from({ __name__: "h" }));
const values = new Float64Array(SERIES);
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
  const { mode, modeReason } = store.stats();
  print(mode === "disk" ? `committed ${n - 1}` : `${mode} ${n - 1} because of ${modeReason}`);
  if (!working) {
    working = true;
    void store.maintain().then(() => working = false);
  }
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
