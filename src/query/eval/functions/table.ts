import type { Call } from "../../ast.ts";
import type { FunctionName } from "../../signatures.ts";
import type { EvalContext, Evaluated, Evaluation } from "../context.ts";
import type { Frame } from "../frame.ts";
import { evaluateHistogramRead, HISTOGRAM_FUNCTIONS } from "./histogram.ts";
import { evaluateInfo } from "./info.ts";
import { evaluateLabelJoin, evaluateLabelReplace } from "./labels.ts";
import { evaluateClamp, evaluateRound, FLOAT_FUNCTIONS, mapFloats } from "./math.ts";
import {
  evaluateHistogramFraction,
  evaluateHistogramQuantile,
  evaluateHistogramQuantiles,
} from "./quantiles.ts";
import { evaluateExtreme, timeValues } from "./scalars.ts";
import { evaluateSort, evaluateSortByLabel } from "./sort.ts";
import { DATE_FUNCTIONS, evaluateDate } from "./time.ts";
import {
  evaluateAbsent,
  evaluateScalar,
  evaluateStartTimestamp,
  evaluateTimestamp,
  evaluateVector,
} from "./vectors.ts";

type VectorEvaluator = (context: EvalContext, call: Call) => Evaluation<Frame>;

const VECTOR_FUNCTIONS: Readonly<Partial<Record<FunctionName, VectorEvaluator>>> = {
  absent: evaluateAbsent,
  clamp: evaluateClamp,
  clamp_max: evaluateClamp,
  clamp_min: evaluateClamp,
  histogram_fraction: evaluateHistogramFraction,
  histogram_quantile: evaluateHistogramQuantile,
  histogram_quantiles: evaluateHistogramQuantiles,
  info: evaluateInfo,
  label_join: evaluateLabelJoin,
  label_replace: evaluateLabelReplace,
  round: evaluateRound,
  sort: evaluateSort,
  sort_by_label: evaluateSortByLabel,
  sort_by_label_desc: evaluateSortByLabel,
  sort_desc: evaluateSort,
  start_timestamp: evaluateStartTimestamp,
  timestamp: evaluateTimestamp,
  vector: evaluateVector,
  ...mapEntries(
    FLOAT_FUNCTIONS,
    (change): VectorEvaluator =>
      function* (context, call) {
        return yield* mapFloats(context, yield* context.vector(call.args[0]), (value) => change(value));
      },
  ),
  ...mapEntries(
    DATE_FUNCTIONS,
    (read): VectorEvaluator => (context, call) => evaluateDate(context, call, read),
  ),
  ...mapEntries(
    HISTOGRAM_FUNCTIONS,
    (read): VectorEvaluator => (context, call) => evaluateHistogramRead(context, call, read),
  ),
};

type ScalarEvaluator = (context: EvalContext, call: Call) => Evaluation<Float64Array>;

const SCALAR_FUNCTIONS: Readonly<Partial<Record<FunctionName, ScalarEvaluator>>> = {
  max_of: evaluateExtreme,
  min_of: evaluateExtreme,
  // deno-lint-ignore require-yield -- an evaluation that never takes long
  pi: function* (context) {
    return new Float64Array(context.stepCount).fill(Math.PI);
  },
  scalar: evaluateScalar,
  // deno-lint-ignore require-yield -- as above
  time: function* (context) {
    return timeValues(context);
  },
};

/** Evaluates a call of a function that takes no range vector. */
export function* evaluateFunction(context: EvalContext, call: Call): Evaluation<Evaluated> {
  const scalar = SCALAR_FUNCTIONS[call.name];
  if (scalar) return { kind: "scalar", values: yield* scalar(context, call) };
  const vector = VECTOR_FUNCTIONS[call.name];
  if (vector) return { kind: "vector", frame: yield* vector(context, call) };
  throw new Error(`function ${call.name} is not in the table`);
}

function mapEntries<Name extends string, From, To>(
  record: Readonly<Record<Name, From>>,
  change: (value: From) => To,
): Record<Name, To> {
  const entries = Object.entries(record) as [Name, From][];
  return Object.fromEntries(entries.map(([name, value]) => [name, change(value)])) as Record<Name, To>;
}
