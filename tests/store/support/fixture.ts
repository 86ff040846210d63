import { SILENT } from "../../../src/base/log.ts";
import { Labels } from "../../../src/model/labels.ts";
import { type Matcher, matcher, type MatchKind } from "../../../src/model/matcher.ts";
import { SampleColumns } from "../../../src/model/sample.ts";
import type { Queryable } from "../../../src/model/store.ts";
import { Store, type StoreOptions } from "../../../src/store/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";

export const NOW_MS = 1_700_000_000_000;

/** A store on a clock of its own that stands at NOW_MS. */
export async function openStore(options: Partial<StoreOptions> & { clock?: FakeClock } = {}) {
  const clock = options.clock ?? new FakeClock({ wallMs: NOW_MS });
  const store = await Store.open({ logger: SILENT, ...options, clock });
  return { store, clock, [Symbol.asyncDispose]: () => store.close() };
}

export function match(kind: MatchKind, name: string, value: string): Matcher {
  const result = matcher(kind, name, value);
  if (result.kind === "error") throw new Error(result.message);
  return result.matcher;
}

/** Everything in the range, as text → rows of [timestamp, value]. */
export function readAll(
  from: Queryable,
  matchers: readonly Matcher[],
  minTimeMs = -Infinity,
  maxTimeMs = Infinity,
): Record<string, [number, number][]> {
  const found: Record<string, [number, number][]> = {};
  for (const series of from.select({ matchers, minTimeMs, maxTimeMs })) {
    const columns = new SampleColumns(4);
    series.read(minTimeMs, maxTimeMs, columns);
    found[series.labels.toString()] = rowsOf(columns);
  }
  return found;
}

export function rowsOf(columns: SampleColumns): [number, number][] {
  return Array.from({ length: columns.length }, (_, row) => [columns.timestamps[row], columns.values[row]]);
}

export function labels(name: string, others: Record<string, string> = {}): Labels {
  return Labels.from({ __name__: name, ...others });
}
