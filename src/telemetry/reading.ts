import { Labels } from "../model/labels.ts";
import type { PageFamily } from "./exposition.ts";

/** One number about Bunny itself, as a callback hands it over. */
export interface Reading {
  /** Prometheus name. Readings of one name stand together and differ in their labels. */
  readonly name: string;
  readonly kind: "gauge" | "counter";
  readonly help: string;
  /** Absent: not known just now. */
  readonly value: number | undefined;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A row of a table that turns an object of numbers into readings. */
export type ReadingRow<Stats> =
  & Omit<Reading, "value">
  & { readonly read: (stats: Stats) => number | undefined };

/** Reads each row of a table. */
export function readingsOf<Stats>(rows: readonly ReadingRow<Stats>[], stats: Stats): Reading[] {
  return rows.map(({ read, ...row }) => ({ ...row, value: read(stats) }));
}

/** Readings as families of a page, by name in alphabetical order. */
export function familiesOf(readings: Iterable<Reading>): PageFamily[] {
  const families = new Map<
    string,
    { instrument: PageFamily["instrument"]; cells: PageFamily["cells"][number][] }
  >();
  for (const { name, kind, help, value, labels } of readings) {
    if (value === undefined) continue;
    let family = families.get(name);
    if (!family) {
      families.set(name, family = { instrument: { name, kind, help, unit: unitOf(name) }, cells: [] });
    }
    family.cells.push({ shape: "number", labels: Labels.from(labels ?? {}), value });
  }
  return [...families.values()].sort((a, b) => a.instrument.name < b.instrument.name ? -1 : 1);
}

/** The unit that a name ends in. */
function unitOf(name: string): string {
  const base = name.replace(/_total$/, "");
  return ["seconds", "bytes"].find((unit) => base.endsWith(`_${unit}`)) ?? "";
}
