import type { Instrument } from "../../src/model/instruments.ts";
import { type Labels, METRIC_NAME } from "../../src/model/labels.ts";
import type { Counter, Distribution, Gauge, Meter, MeterGroup } from "../../src/model/meter.ts";

/** What one commit wrote: series as Prometheus writes them, without quotes → value. */
export interface SeenCommit {
  readonly atMs: number;
  readonly values: Readonly<Record<string, number>>;
}

/** Writes down what it is told. Series are by name and labels, whichever group they come from. */
export class FakeMeter implements Meter {
  readonly commits: SeenCommit[] = [];
  /** Series that have ended, with the time. */
  readonly closed: { readonly atMs: number; readonly series: readonly string[] }[] = [];
  readonly counters = new Map<string, number>();
  readonly distributions: { series: string; value: number; traceId: string | undefined }[] = [];
  readonly #holders = new Map<string, number>();

  group(): MeterGroup {
    const gauges = new Map<string, { value: number | undefined; isSet: boolean }>();
    const counters = new Set<string>();
    const hold = (series: string) => void this.#holders.set(series, (this.#holders.get(series) ?? 0) + 1);
    return {
      gauge: (instrument: Instrument, labels: Labels): Gauge => {
        const series = nameOf(instrument, labels);
        const gauge = { value: undefined as number | undefined, isSet: false };
        gauges.set(series, gauge);
        hold(series);
        return {
          set: (value) => void Object.assign(gauge, { value, isSet: true }),
          unset: () => void Object.assign(gauge, { value: undefined, isSet: false }),
        };
      },
      counter: (instrument: Instrument, labels: Labels): Counter => {
        const series = nameOf(instrument, labels);
        counters.add(series);
        hold(series);
        this.counters.set(series, this.counters.get(series) ?? 0);
        return { add: (amount) => void this.counters.set(series, this.counters.get(series)! + amount) };
      },
      distribution: (instrument: Instrument, labels: Labels): Distribution => ({
        record: (value, traceId) =>
          void this.distributions.push({ series: nameOf(instrument, labels), value, traceId }),
      }),
      commit: (atMs: number) => {
        const values: Record<string, number> = {};
        for (const series of counters) values[series] = this.counters.get(series)!;
        for (const [series, gauge] of gauges) {
          if (gauge.isSet) values[series] = gauge.value!;
          gauge.isSet = false;
        }
        this.commits.push({ atMs, values });
      },
      close: (atMs: number) => {
        const ended: string[] = [];
        for (const series of [...gauges.keys(), ...counters]) {
          const holders = this.#holders.get(series)! - 1;
          this.#holders.set(series, holders);
          if (holders === 0) ended.push(series);
        }
        this.closed.push({ atMs, series: ended });
      },
    };
  }
}

function nameOf(instrument: Instrument, labels: Labels): string {
  const flat = [...labels].filter(([name]) => name !== METRIC_NAME).map(([name, value]) =>
    `${name}=${value}`
  );
  return flat.length === 0 ? instrument.name : `${instrument.name}{${flat.join(",")}}`;
}
