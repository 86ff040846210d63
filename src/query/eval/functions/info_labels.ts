import { type Labels, METRIC_NAME } from "../../../model/labels.ts";
import type { Matcher } from "../../../model/matcher.ts";
import type { EvalContext, Evaluation } from "../context.ts";
import { duplicateLabels, executionFailure } from "../failure.ts";
import { ABSENT, type Frame, rowFor } from "../frame.ts";
import { signatureBy } from "../label_sets.ts";

/** What names a target: the labels by which a series and its info series belong together. */
export const IDENTIFYING_LABELS = ["instance", "job"] as const;

const targetOf = signatureBy(IDENTIFYING_LABELS);
const targetAndMetricOf = signatureBy([METRIC_NAME, ...IDENTIFYING_LABELS]);

/** One info metric of one target: its newest sample at each step. */
interface InfoGroup {
  /** Which row of the info frame to use; -1: none. */
  readonly rowAt: Int32Array;
}

/** Adds labels of info series to other series. */
export class Enrichment {
  readonly #context: EvalContext;
  readonly #info: Frame;
  readonly #wantedNames: ReadonlySet<string>;
  /** Whether a series may go without any info series. */
  readonly #mayBeBare: boolean;
  /** By target: one group for each info metric. */
  readonly #groupsByTarget = new Map<string, InfoGroup[]>();

  /** `wanted`: what is asked of the labels to add; `relevant`: steps at which there is anything to add to. */
  constructor(context: EvalContext, info: Frame, wanted: readonly Matcher[], relevant: Uint8Array) {
    this.#context = context;
    this.#info = info;
    this.#wantedNames = new Set(wanted.map(({ name }) => name));
    this.#mayBeBare = wanted.every((matcher) => matcher.matches(""));
    this.#group(relevant);
  }

  *apply(base: Frame, isInfo: readonly boolean[]): Evaluation<Frame> {
    const { stepCount } = base;
    const out = this.#context.frame(base.rowCount);
    const rowByLabels = new Map<string, number>();
    for (let row = 0; row < base.rowCount; row++) {
      const groups = isInfo[row] ? [] : this.#groupsByTarget.get(targetOf(base.labels[row])) ?? [];
      const rowByInfo = new Map<string, number | undefined>();
      for (let step = 0; step < stepCount; step++) {
        if (base.kinds[row * stepCount + step] === ABSENT) continue;
        const infoRows = groups.map(({ rowAt }) => rowAt[step]).filter((infoRow) => infoRow >= 0);
        const key = infoRows.join();
        if (!rowByInfo.has(key)) {
          const labels = this.#enriched(base.labels[row], infoRows, isInfo[row]);
          rowByInfo.set(key, labels && rowFor(out, rowByLabels, labels, base.dropsName[row]));
        }
        const target = rowByInfo.get(key);
        if (target !== undefined) copyCell(base, row, out, target, step);
      }
      if (this.#context.env.meter.spend(8 * stepCount)) yield;
    }
    return out;
  }

  /** Labels of a series with those of the info rows; undefined: the series must have info, and has none. */
  #enriched(labels: Labels, infoRows: readonly number[], isInfo: boolean): Labels | undefined {
    if (infoRows.length === 0) return isInfo || this.#mayBeBare ? labels : undefined;
    const added = new Map<string, string>();
    for (const infoRow of infoRows) {
      for (const [name, value] of this.#info.labels[infoRow]) {
        if (name === METRIC_NAME) continue;
        if (this.#wantedNames.size > 0 && !this.#wantedNames.has(name)) continue;
        const known = added.get(name);
        if (known !== undefined && known !== value) throw executionFailure(`conflicting label: ${name}`);
        if (!labels.has(name)) added.set(name, value);
      }
    }
    let enriched = labels;
    for (const [name, value] of added) enriched = enriched.with(name, value);
    return enriched;
  }

  /** Finds for each info metric of each target which series is the newest at each step. */
  #group(relevant: Uint8Array): void {
    const byMetric = new Map<string, InfoGroup>();
    const { labels, stepCount } = this.#info;
    for (let row = 0; row < labels.length; row++) {
      const target = targetOf(labels[row]);
      const key = targetAndMetricOf(labels[row]);
      let group = byMetric.get(key);
      if (!group) {
        byMetric.set(key, group = { rowAt: new Int32Array(stepCount).fill(-1) });
        const groups = this.#groupsByTarget.get(target);
        if (groups) groups.push(group);
        else this.#groupsByTarget.set(target, [group]);
      }
      for (let step = 0; step < stepCount; step++) if (relevant[step] === 1) this.#contest(group, row, step);
    }
  }

  #contest({ rowAt }: InfoGroup, row: number, step: number): void {
    const { kinds, values, stepCount, labels } = this.#info;
    if (kinds[row * stepCount + step] === ABSENT) return;
    const rival = rowAt[step];
    if (rival < 0) {
      rowAt[step] = row;
      return;
    }
    const takenMs = 1000 * values[row * stepCount + step];
    const rivalMs = 1000 * values[rival * stepCount + step];
    if (takenMs > rivalMs) rowAt[step] = row;
    else if (takenMs === rivalMs) {
      throw executionFailure(
        `found duplicate series for info metric: existing ${labels[rival]} @ ${Math.round(rivalMs)}, ` +
          `new ${labels[row]} @ ${Math.round(takenMs)}`,
      );
    }
  }
}

function copyCell(from: Frame, row: number, to: Frame, target: number, step: number): void {
  const cell = target * to.stepCount + step;
  if (to.kinds[cell] !== ABSENT) throw duplicateLabels();
  const histogram = from.histograms[row]?.[step];
  if (histogram) to.setHistogram(target, step, histogram);
  else to.setFloat(cell, from.values[row * from.stepCount + step]);
}
