import { CUSTOM_BUCKETS_SCHEMA, type Histogram, type Span } from "../../model/histogram.ts";
import { formatFloatShort } from "../go_number.ts";
import { BucketWalk } from "./bucket_walk.ts";
import { BucketColumns } from "./columns.ts";

/** A histogram in the notation of test scripts: `{{schema:1 count:3 sum:2.5 buckets:[1 2]}}`; defaults are left out. */
export function formatHistogram(histogram: Histogram): string {
  const { schema, count, sum, zeroCount, zeroThreshold, customValues, counterResetHint } = histogram;
  const parts: string[] = [];
  if (schema !== 0) parts.push(`schema:${schema}`);
  if (count !== 0) parts.push(`count:${text(count)}`);
  if (sum !== 0) parts.push(`sum:${text(sum)}`);
  if (zeroCount !== 0) parts.push(`z_bucket:${text(zeroCount)}`);
  if (zeroThreshold !== 0) parts.push(`z_bucket_w:${zeroThreshold}`);
  if (schema === CUSTOM_BUCKETS_SCHEMA) {
    parts.push(`custom_values:[${Array.from(customValues ?? [], text).join(" ")}]`);
  }
  if (counterResetHint !== "unknown") parts.push(`counter_reset_hint:${counterResetHint}`);
  parts.push(...formatSide("", histogram.positiveSpans, histogram.positiveBuckets));
  parts.push(...formatSide("n_", histogram.negativeSpans, histogram.negativeBuckets));
  return `{{${parts.join(" ")}}}`;
}

/** A number as the notation reads it. */
function text(value: number): string {
  return String(value).replace("Infinity", "Inf");
}

/** Gaps between spans are written as empty buckets, as the notation knows only one span a side. */
function formatSide(prefix: string, spans: readonly Span[], buckets: Float64Array): string[] {
  const { indices, length } = BucketColumns.from(spans, buckets);
  const counts: number[] = [];
  let first = 0;
  for (let row = 0; row < length; row++) {
    if (buckets[row] === 0) continue;
    if (counts.length === 0) first = indices[row];
    while (counts.length < indices[row] - first) counts.push(0);
    counts.push(buckets[row]);
  }
  if (counts.length === 0) return [];
  const list = `${prefix}buckets:[${counts.map(text).join(" ")}]`;
  return first === 0 ? [list] : [`${prefix}offset:${first}`, list];
}

/** A histogram as Prometheus' Go code prints it: `{count:3, sum:2.5, [-0.1,0.1]:1, (0.5,1]:2}`, populated buckets only. */
export function describeHistogram(histogram: Histogram): string {
  const { count, sum, schema, zeroCount, zeroThreshold } = histogram;
  const parts = [`count:${formatFloatShort(count)}`, `sum:${formatFloatShort(sum)}`];
  const zero = `[${formatFloatShort(-zeroThreshold)},${formatFloatShort(zeroThreshold)}]:${
    formatFloatShort(zeroCount)
  }`;
  // A walk looks at the zero bucket only if there is something in it; less than nothing is shown all the same.
  let lacksZero = schema !== CUSTOM_BUCKETS_SCHEMA && zeroCount !== 0 && !(zeroCount > 0);
  const walk = new BucketWalk(histogram, "ascending", "keep");
  while (walk.next()) {
    if (walk.count === 0) continue;
    if (lacksZero && walk.upper > 0) {
      parts.push(zero);
      lacksZero = false;
    }
    const open = walk.lowerInclusive ? "[" : "(";
    const close = walk.upperInclusive ? "]" : ")";
    parts.push(
      `${open}${formatFloatShort(walk.lower)},${formatFloatShort(walk.upper)}${close}:${
        formatFloatShort(walk.count)
      }`,
    );
  }
  if (lacksZero) parts.push(zero);
  return `{${parts.join(", ")}}`;
}
