import { joinedKey } from "../base/joined_key.ts";

/** The label that carries a series' metric name. */
export const METRIC_NAME = "__name__";

/** Any text but the empty one may name a label, as long as it is text: half a surrogate pair is none. */
export function isLabelName(name: string): boolean {
  return name !== "" && name.isWellFormed();
}

const PLAIN_LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A label's name as PromQL writes it: in quotes, where it is not made of letters, digits and _. */
export function labelNameText(name: string): string {
  return PLAIN_LABEL_NAME.test(name) ? name : JSON.stringify(name);
}

/**
 * An immutable label set, sorted by name. Empty values mean "no such label", as in Prometheus, and are dropped.
 * Names are compared by UTF-16 unit, which is UTF-8's byte order for everything below the surrogates.
 */
export class Labels {
  static readonly EMPTY = new Labels([]);

  /** name, value, name, value, … sorted by name. Never modified. */
  readonly flat: readonly string[];
  #key: string | undefined;

  /** `flat` must be sorted by name, without duplicates and without empty values: see `from` and `LabelsBuilder`. */
  constructor(flat: readonly string[]) {
    this.flat = flat;
  }

  /** Labels of a record; empty values are dropped. */
  static from(record: Readonly<Record<string, string>>): Labels {
    const names = Object.keys(record).filter((name) => record[name] !== "").sort();
    return new Labels(names.flatMap((name) => [name, record[name]]));
  }

  /** Labels as a Prometheus wrote them: it may write an empty value, and sorts by bytes where we sort by UTF-16 unit. */
  static fromFlat(flat: readonly string[]): Labels {
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i + 1] === "" || (i > 0 && flat[i] <= flat[i - 2])) {
        return Labels.from(Object.fromEntries(new Labels(flat)));
      }
    }
    return new Labels(flat);
  }

  /** How many labels there are. */
  get size(): number {
    return this.flat.length / 2;
  }

  /** The metric name, "" without one. */
  get metricName(): string {
    return this.get(METRIC_NAME);
  }

  /** Identity as a string: equal for equal label sets and for no others. Cheap after the first call. */
  get key(): string {
    return this.#key ??= joinedKey(this.flat);
  }

  /** The value, or "" when there is no such label. */
  get(name: string): string {
    const { flat } = this;
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) return flat[i + 1];
    return "";
  }

  has(name: string): boolean {
    return this.get(name) !== "";
  }

  equals(other: Labels): boolean {
    return this === other || this.key === other.key;
  }

  *[Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    for (let i = 0; i < this.flat.length; i += 2) yield [this.flat[i], this.flat[i + 1]];
  }

  /** A copy with this label set; "" removes it. */
  with(name: string, value: string): Labels {
    const flat: string[] = [];
    let placed = value === "";
    for (let i = 0; i < this.flat.length; i += 2) {
      if (!placed && this.flat[i] >= name) {
        flat.push(name, value);
        placed = true;
      }
      if (this.flat[i] !== name) flat.push(this.flat[i], this.flat[i + 1]);
    }
    if (!placed) flat.push(name, value);
    return new Labels(flat);
  }

  /** Only the labels whose name is in the set. */
  keep(names: ReadonlySet<string>): Labels {
    return this.#filter((name) => names.has(name));
  }

  /** All labels but those whose name is in the set. */
  drop(names: ReadonlySet<string>): Labels {
    return this.#filter((name) => !names.has(name));
  }

  toRecord(): Record<string, string> {
    return Object.fromEntries(this);
  }

  /** As Prometheus prints it: `{__name__="up", job="x"}`. */
  toString(): string {
    return `{${
      [...this].map(([name, value]) => `${labelNameText(name)}=${JSON.stringify(value)}`).join(", ")
    }}`;
  }

  #filter(keeps: (name: string) => boolean): Labels {
    const flat: string[] = [];
    for (let i = 0; i < this.flat.length; i += 2) {
      if (keeps(this.flat[i])) flat.push(this.flat[i], this.flat[i + 1]);
    }
    return flat.length === this.flat.length ? this : new Labels(flat);
  }
}

/** Orders label sets as Prometheus does: label by label, name before value, the shorter first. */
export function compareLabels(a: Labels, b: Labels): number {
  const shorter = Math.min(a.flat.length, b.flat.length);
  for (let i = 0; i < shorter; i++) {
    if (a.flat[i] !== b.flat[i]) return a.flat[i] < b.flat[i] ? -1 : 1;
  }
  return a.flat.length - b.flat.length;
}
