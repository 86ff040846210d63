import { type Labels, METRIC_NAME } from "../../../model/labels.ts";
import { equalTo, type Matcher } from "../../../model/matcher.ts";
import { type Call, type Expr, type VectorSelector, walk } from "../../ast.ts";
import type { EvalContext, Evaluation } from "../context.ts";
import { executionFailure } from "../failure.ts";
import { ABSENT, type Frame } from "../frame.ts";
import { selectVector } from "../selectors.ts";
import { Enrichment, IDENTIFYING_LABELS } from "./info_labels.ts";

const TARGET_INFO = "target_info";

/**
 * info(v, {selector}): adds to each series of v the labels of the info series of the same target, by default those of
 * `target_info` (Prometheus, promql/info.go). The selector says which labels are wanted, which values they must have,
 * and, by `__name__`, which info metrics to look at.
 */
export function* evaluateInfo(context: EvalContext, call: Call): Evaluation<Frame> {
  const anchor = anchorOf(call.args[0]);
  const base = yield* context.vector(call.args[0]);
  const selector = call.args[1]?.kind === "vector_selector" ? call.args[1] : undefined;
  const matchers = selector?.matchers ?? [];
  const wanted = matchers.filter(({ name }) => name !== METRIC_NAME);
  const names = nameMatchers(matchers.filter(({ name }) => name === METRIC_NAME));
  // Info series themselves are left as they are.
  const isInfo = base.labels.map(({ metricName }) => names.every((matcher) => matcher.matches(metricName)));
  const targets = targetMatchers(base.labels.filter((_, row) => !isInfo[row]));
  const info = targets.length > 0
    ? yield* selectInfo(context, { ...anchor, matchers: [...targets, ...wanted, ...names] })
    : context.frame(0);
  const enrichment = new Enrichment(context, info, wanted, anyPresent(base));
  return yield* enrichment.apply(base, isInfo);
}

/**
 * Where the first selector of the expression looks: info series are looked at there too, so that what is added belongs
 * to the time of the samples.
 */
function anchorOf(expr: Expr): VectorSelector {
  let found: VectorSelector | undefined;
  walk(expr, (node, path) => {
    if (found || node.kind !== "vector_selector") return;
    let { offsetMs, at } = node;
    for (let i = path.length - 1; i >= 0 && !at; i--) {
      const above = path[i];
      if (above.kind !== "subquery") continue;
      offsetMs += above.offsetMs;
      at = above.at;
    }
    found = { ...node, offsetMs, at, anchored: false, smoothed: false };
  });
  const { position } = expr;
  const nowhere = {
    kind: "vector_selector",
    name: "",
    matchers: [],
    anchored: false,
    smoothed: false,
  } as const;
  return found ?? { ...nowhere, position, offsetMs: 0 };
}

/** The matchers that info metrics' names must meet: only negative ones narrow down what is called `…_info`. */
function nameMatchers(given: readonly Matcher[]): readonly Matcher[] {
  if (given.some(({ kind }) => kind === "=" || kind === "=~")) return given;
  if (given.length === 0) return [equalTo(METRIC_NAME, TARGET_INFO)];
  const anyInfo: Matcher = {
    kind: "=~",
    name: METRIC_NAME,
    value: ".+_info",
    literals: undefined,
    matches: (value) => value.endsWith("_info") && value.length > "_info".length,
  };
  return [anyInfo, ...given];
}

/** Matchers for the targets that these series come from; none: no series names a target. */
function targetMatchers(series: readonly Labels[]): Matcher[] {
  const matchers: Matcher[] = [];
  for (const name of IDENTIFYING_LABELS) {
    const values = new Set(series.map((labels) => labels.get(name)).filter((value) => value !== ""));
    if (values.size === 0) continue;
    matchers.push({
      kind: "=~",
      name,
      value: [...values].map((value) => value.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&")).join("|"),
      literals: [...values],
      matches: (value) => values.has(value),
    });
  }
  return matchers;
}

/** The info series at all steps; what stands in the cells is when each sample was taken, in seconds. */
function* selectInfo(context: EvalContext, selector: VectorSelector): Evaluation<Frame> {
  const values = yield* selectVector(context, selector, "value");
  for (let row = 0; row < values.rowCount; row++) {
    if (!values.histograms[row]) continue;
    throw executionFailure(`this should be an info metric, with float samples: ${values.labels[row]}`);
  }
  context.env.meter.release(values.sampleCount());
  return yield* selectVector(context, selector, "timestamp");
}

function anyPresent({ kinds, stepCount, rowCount }: Frame): Uint8Array {
  const present = new Uint8Array(stepCount);
  for (let cell = 0; cell < rowCount * stepCount; cell++) {
    if (kinds[cell] !== ABSENT) present[cell % stepCount] = 1;
  }
  return present;
}
