import { type Instrument, INSTRUMENTS } from "../../model/instruments.ts";
import { type Call, reply } from "./envelope.ts";

/** What one metric is, as a target of Prometheus would say it. */
interface Metadata {
  readonly type: Instrument["kind"];
  readonly help: string;
  readonly unit: string;
}

/**
 * `metadata`: kind, meaning and unit of all that Bunny measures: its own metrics, and those that the configuration
 * names. Nothing is known of series that came into the store in another way: in Prometheus, too, metadata is what
 * targets say of themselves. A negative limit is none, and one of 0 leaves nothing (Prometheus, docs/querying/api).
 *
 * @param measured one instrument a series, or fewer
 */
export function metadataCall(measured: () => Iterable<Instrument>): Call {
  return (form) => {
    const limit = form.signedLimit("limit") ?? -1;
    const limitPerMetric = form.signedLimit("limit_per_metric") ?? 0;
    const wanted = form.text("metric");
    const found = metadataOf([...Object.values(INSTRUMENTS), ...measured()], wanted);
    const shown = limit < 0 ? found : found.slice(0, limit);
    return reply(Object.fromEntries(
      shown.map(([name, rows]) => [name, limitPerMetric > 0 ? rows.slice(0, limitPerMetric) : rows]),
    ));
  };
}

/** By name, in alphabetical order; what is said twice stands there once. `wanted`: one name, or "" for all. */
function metadataOf(instruments: readonly Instrument[], wanted: string): [name: string, rows: Metadata[]][] {
  const byName = new Map<string, Map<string, Metadata>>();
  for (const { name, kind, help, unit } of instruments) {
    if (wanted !== "" && name !== wanted) continue;
    const rows = byName.get(name) ?? new Map<string, Metadata>();
    byName.set(name, rows.set(`${kind}\xff${unit}\xff${help}`, { type: kind, help, unit }));
  }
  return [...byName].sort(([a], [b]) => a < b ? -1 : 1).map(([name, rows]) => [name, [...rows.values()]]);
}
