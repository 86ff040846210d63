import { isoTime } from "../../base/text.ts";
import { formatFloatShort, formatG2 } from "../go_number.ts";
import type { PositionRange } from "../position.ts";
import { quote } from "../go_text.ts";
import type { Annotation } from "../value.ts";

/** What a histogram was doing when something was remarked. */
export type HistogramOperation = "addition" | "subtraction" | "aggregation";

interface Note {
  readonly level: "warning" | "info";
  readonly text: string;
  position: PositionRange;
}

/** Where classic buckets had to be made monotonic, over all steps and series. */
interface Monotonicity extends Note {
  minTimeMs: number;
  maxTimeMs: number;
  minBucket: number;
  maxBucket: number;
  maxDifference: number;
  count: number;
}

interface Overlap extends Note {
  count: number;
}

/**
 * Collects the annotations of one evaluation. Equal texts count once, at the place that said so last, as in
 * Prometheus (util/annotations), whose wording these are.
 */
export class Notes {
  readonly #plain = new Map<string, Note>();
  readonly #monotonicity = new Map<string, Monotonicity>();
  readonly #overlaps = new Map<string, Overlap>();

  warn(text: string, position: PositionRange): void {
    this.#plain.set(text, { level: "warning", text: `PromQL warning: ${text}`, position });
  }

  info(text: string, position: PositionRange): void {
    this.#plain.set(text, { level: "info", text: `PromQL info: ${text}`, position });
  }

  invalidQuantile(quantile: number, position: PositionRange): void {
    this.warn(`quantile value should be between 0 and 1, got ${formatFloatShort(quantile)}`, position);
  }

  invalidRatio(ratio: number, cap: number, position: PositionRange): void {
    const text = `ratio value should be between -1 and 1, got ${formatFloatShort(ratio)}, capping to ${
      formatFloatShort(cap)
    }`;
    this.warn(text, position);
  }

  badBucketLabel(metric: string, le: string, position: PositionRange): void {
    const text = `bucket label "le" is missing or has a malformed value of ${quote(le)}`;
    this.warn(text + forMetric(metric), position);
  }

  mixedFloatsAndHistograms(metric: string, position: PositionRange): void {
    const text = `encountered a mix of histograms and floats for metric name ${quote(metric)}`;
    this.warn(text, position);
  }

  mixedInAggregation(position: PositionRange): void {
    this.warn("encountered a mix of histograms and floats for aggregation", position);
  }

  mixedClassicAndNative(metric: string, position: PositionRange): void {
    this.warn(`vector contains a mix of classic and native histograms${forMetric(metric)}`, position);
  }

  mixedExponentialAndCustom(metric: string, position: PositionRange): void {
    const text =
      "vector contains a mix of histograms with exponential and custom buckets schemas for metric name";
    this.warn(`${text} ${quote(metric)}`, position);
  }

  notACounterHistogram(metric: string, position: PositionRange): void {
    this.warn(`this native histogram metric is not a counter: ${quote(metric)}`, position);
  }

  notAGaugeHistogram(metric: string, position: PositionRange): void {
    this.warn(`this native histogram metric is not a gauge: ${quote(metric)}`, position);
  }

  possiblyNoCounter(metric: string, position: PositionRange): void {
    const text = "metric might not be a counter, name does not end in _total/_sum/_count/_bucket:";
    this.info(`${text} ${quote(metric)}`, position);
  }

  histogramsIgnoredInRange(metric: string, position: PositionRange): void {
    const text = "ignored histograms in a range containing both floats and histograms for metric name";
    this.info(`${text} ${quote(metric)}`, position);
  }

  histogramsIgnoredInAggregation(aggregation: string, position: PositionRange): void {
    this.info(`ignored histogram in ${aggregation} aggregation`, position);
  }

  incompatibleTypes(left: string, operator: string, right: string, position: PositionRange): void {
    const text = "incompatible sample types encountered for binary operator";
    this.info(`${text} ${quote(operator)}: ${left} ${operator} ${right}`, position);
  }

  incompatibleBuckets(operator: string, position: PositionRange): void {
    this.warn(`incompatible bucket layout encountered for binary operator ${operator}`, position);
  }

  sortInRange(position: PositionRange): void {
    const text = "sort is ineffective for range queries since results are always ordered by labels";
    this.warn(text, position);
  }

  quantileIsNaN(metric: string, position: PositionRange): void {
    const text = "input to histogram_quantile has NaN observations, result is NaN";
    this.info(text + forMetric(metric), position);
  }

  quantileIsSkewed(metric: string, position: PositionRange): void {
    const text = "input to histogram_quantile has NaN observations, result is skewed higher";
    this.info(text + forMetric(metric), position);
  }

  fractionLeavesOutNaNs(metric: string, position: PositionRange): void {
    const text = "input to histogram_fraction has NaN observations, which are excluded from all fractions";
    this.info(text + forMetric(metric), position);
  }

  resetCollision(operation: HistogramOperation, position: PositionRange): void {
    this.warn(`conflicting counter resets during histogram ${operation}`, position);
  }

  bucketsReconciled(operation: HistogramOperation, position: PositionRange): void {
    this.info(`mismatched custom buckets were reconciled during ${operation}`, position);
  }

  /** Classic buckets of one series at one time decreased and were levelled. */
  forcedMonotonicity(metric: string, position: PositionRange, timeMs: number, fix: BucketFix): void {
    const seen = this.#monotonicity.get(metric);
    if (!seen) {
      const text = "PromQL info: input to histogram_quantile needed to be fixed for monotonicity " +
        "(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";
      this.#monotonicity.set(metric, {
        level: "info",
        text: text + forMetric(metric),
        position,
        minTimeMs: timeMs,
        maxTimeMs: timeMs,
        ...fix,
        count: 1,
      });
      return;
    }
    seen.minTimeMs = Math.min(seen.minTimeMs, timeMs);
    seen.maxTimeMs = Math.max(seen.maxTimeMs, timeMs);
    seen.minBucket = Math.min(seen.minBucket, fix.minBucket);
    seen.maxBucket = Math.max(seen.maxBucket, fix.maxBucket);
    seen.maxDifference = Math.max(seen.maxDifference, fix.maxDifference);
    seen.count++;
  }

  /** A series' sample claims to have started before the one before it was taken. */
  startTimeOverlap(metric: string, position: PositionRange): void {
    const seen = this.#overlaps.get(metric);
    if (seen) {
      seen.count++;
      return;
    }
    const text = "PromQL warning: sample has start time that overlaps with previous sample timestamp";
    this.#overlaps.set(metric, {
      level: "warning",
      text: `${text} for metric ${quote(metric)}`,
      position,
      count: 1,
    });
  }

  list(): Annotation[] {
    const annotations: Annotation[] = [];
    for (const { level, text, position } of this.#plain.values()) {
      annotations.push({ level, message: text, position });
    }
    for (const note of this.#monotonicity.values()) {
      const buckets = `from buckets ${formatFloatShort(note.minBucket)} to ${
        formatFloatShort(note.maxBucket)
      }`;
      const difference = `with a max diff of ${formatG2(note.maxDifference)}`;
      const times = `from ${formatSecond(note.minTimeMs)} to ${formatSecond(note.maxTimeMs)}`;
      const message = `${note.text}, ${buckets}, ${difference}, over ${note.count} samples ${times}`;
      annotations.push({ level: note.level, message, position: note.position });
    }
    for (const { level, text, count, position } of this.#overlaps.values()) {
      annotations.push({ level, message: count > 1 ? `${text} (${count} occurrences)` : text, position });
    }
    return annotations;
  }
}

/** How far bucket counts had to be corrected. */
export interface BucketFix {
  readonly minBucket: number;
  readonly maxBucket: number;
  readonly maxDifference: number;
}

function forMetric(metric: string): string {
  return metric === "" ? "" : ` for metric name ${quote(metric)}`;
}

/** RFC 3339 to the second, in UTC. */
function formatSecond(timestampMs: number): string {
  return isoTime(Math.floor(timestampMs / 1000) * 1000).replace(".000Z", "Z");
}
