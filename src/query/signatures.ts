/**
 * What the language knows of its functions: argument types, how many, and what comes back
 * (Prometheus 3.14, promql/parser/functions.go). What they compute is the engine's part.
 */

/** Types a PromQL expression can have. */
export type ValueType = "scalar" | "vector" | "matrix" | "string";

/** Shape of one function. */
export interface Signature {
  /** Types of the arguments in order; the last one repeats where `variadic` allows more. */
  readonly argTypes: readonly ValueType[];
  /** 0: exactly `argTypes.length` arguments; n > 0: the last is optional, up to n more than `argTypes.length - 1`; -1: the last optional, any number. */
  readonly variadic: number;
  readonly returns: ValueType;
  /** Behind a feature flag in Prometheus; always on here. */
  readonly experimental: boolean;
}

const MATRIX_TO_VECTOR = shape(["matrix"], "vector");
const VECTOR_TO_VECTOR = shape(["vector"], "vector");
const MAYBE_VECTOR_TO_VECTOR = shape(["vector"], "vector", { variadic: 1 });
const CONSTANT = shape([], "scalar");
const EXPERIMENTAL_CONSTANT = shape([], "scalar", { experimental: true });
const EXPERIMENTAL_MATRIX_TO_VECTOR = shape(["matrix"], "vector", { experimental: true });

function shape(
  argTypes: readonly ValueType[],
  returns: ValueType,
  { variadic = 0, experimental = false }: { variadic?: number; experimental?: boolean } = {},
): Signature {
  return { argTypes, variadic, returns, experimental };
}

/** Every function by name. */
export const SIGNATURES = {
  abs: VECTOR_TO_VECTOR,
  absent: VECTOR_TO_VECTOR,
  absent_over_time: MATRIX_TO_VECTOR,
  acos: VECTOR_TO_VECTOR,
  acosh: VECTOR_TO_VECTOR,
  asin: VECTOR_TO_VECTOR,
  asinh: VECTOR_TO_VECTOR,
  atan: VECTOR_TO_VECTOR,
  atanh: VECTOR_TO_VECTOR,
  avg_over_time: MATRIX_TO_VECTOR,
  ceil: VECTOR_TO_VECTOR,
  changes: MATRIX_TO_VECTOR,
  clamp: shape(["vector", "scalar", "scalar"], "vector"),
  clamp_max: shape(["vector", "scalar"], "vector"),
  clamp_min: shape(["vector", "scalar"], "vector"),
  cos: VECTOR_TO_VECTOR,
  cosh: VECTOR_TO_VECTOR,
  count_over_time: MATRIX_TO_VECTOR,
  day_of_month: MAYBE_VECTOR_TO_VECTOR,
  day_of_week: MAYBE_VECTOR_TO_VECTOR,
  day_of_year: MAYBE_VECTOR_TO_VECTOR,
  days_in_month: MAYBE_VECTOR_TO_VECTOR,
  deg: VECTOR_TO_VECTOR,
  delta: MATRIX_TO_VECTOR,
  deriv: MATRIX_TO_VECTOR,
  double_exponential_smoothing: shape(["matrix", "scalar", "scalar"], "vector", { experimental: true }),
  end: EXPERIMENTAL_CONSTANT,
  exp: VECTOR_TO_VECTOR,
  first_over_time: MATRIX_TO_VECTOR,
  floor: VECTOR_TO_VECTOR,
  histogram_avg: VECTOR_TO_VECTOR,
  histogram_count: VECTOR_TO_VECTOR,
  histogram_fraction: shape(["scalar", "scalar", "vector"], "vector"),
  histogram_quantile: shape(["scalar", "vector"], "vector"),
  histogram_quantiles: shape(["vector", "string", "scalar", "scalar"], "vector", {
    variadic: 9,
    experimental: true,
  }),
  histogram_stddev: VECTOR_TO_VECTOR,
  histogram_stdvar: VECTOR_TO_VECTOR,
  histogram_sum: VECTOR_TO_VECTOR,
  hour: MAYBE_VECTOR_TO_VECTOR,
  idelta: MATRIX_TO_VECTOR,
  increase: MATRIX_TO_VECTOR,
  info: shape(["vector", "vector"], "vector", { variadic: 1, experimental: true }),
  irate: MATRIX_TO_VECTOR,
  label_join: shape(["vector", "string", "string", "string"], "vector", { variadic: -1 }),
  label_replace: shape(["vector", "string", "string", "string", "string"], "vector"),
  last_over_time: MATRIX_TO_VECTOR,
  ln: VECTOR_TO_VECTOR,
  log10: VECTOR_TO_VECTOR,
  log2: VECTOR_TO_VECTOR,
  mad_over_time: EXPERIMENTAL_MATRIX_TO_VECTOR,
  max_of: shape(["scalar", "scalar"], "scalar", { experimental: true }),
  max_over_time: MATRIX_TO_VECTOR,
  min_of: shape(["scalar", "scalar"], "scalar", { experimental: true }),
  min_over_time: MATRIX_TO_VECTOR,
  minute: MAYBE_VECTOR_TO_VECTOR,
  month: MAYBE_VECTOR_TO_VECTOR,
  pi: CONSTANT,
  predict_linear: shape(["matrix", "scalar"], "vector"),
  present_over_time: MATRIX_TO_VECTOR,
  quantile_over_time: shape(["scalar", "matrix"], "vector"),
  rad: VECTOR_TO_VECTOR,
  range: EXPERIMENTAL_CONSTANT,
  rate: MATRIX_TO_VECTOR,
  resets: MATRIX_TO_VECTOR,
  round: shape(["vector", "scalar"], "vector", { variadic: 1 }),
  scalar: shape(["vector"], "scalar"),
  sgn: VECTOR_TO_VECTOR,
  sin: VECTOR_TO_VECTOR,
  sinh: VECTOR_TO_VECTOR,
  sort: VECTOR_TO_VECTOR,
  sort_by_label: shape(["vector", "string"], "vector", { variadic: -1, experimental: true }),
  sort_by_label_desc: shape(["vector", "string"], "vector", { variadic: -1, experimental: true }),
  sort_desc: VECTOR_TO_VECTOR,
  sqrt: VECTOR_TO_VECTOR,
  start: EXPERIMENTAL_CONSTANT,
  start_timestamp: shape(["vector"], "vector", { experimental: true }),
  stddev_over_time: MATRIX_TO_VECTOR,
  stdvar_over_time: MATRIX_TO_VECTOR,
  step: EXPERIMENTAL_CONSTANT,
  sum_over_time: MATRIX_TO_VECTOR,
  tan: VECTOR_TO_VECTOR,
  tanh: VECTOR_TO_VECTOR,
  time: CONSTANT,
  timestamp: VECTOR_TO_VECTOR,
  ts_of_first_over_time: EXPERIMENTAL_MATRIX_TO_VECTOR,
  ts_of_last_over_time: EXPERIMENTAL_MATRIX_TO_VECTOR,
  ts_of_max_over_time: EXPERIMENTAL_MATRIX_TO_VECTOR,
  ts_of_min_over_time: EXPERIMENTAL_MATRIX_TO_VECTOR,
  vector: shape(["scalar"], "vector"),
  year: MAYBE_VECTOR_TO_VECTOR,
} as const satisfies Readonly<Record<string, Signature>>;

export type FunctionName = keyof typeof SIGNATURES;

/** Whether `name` is one of PromQL's functions. */
export function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(SIGNATURES, name);
}

/** The names of all of PromQL's functions. */
export function functionNames(): string[] {
  return Object.keys(SIGNATURES);
}

/** The signature behind a name. */
export function signatureOf(name: FunctionName): Signature {
  return SIGNATURES[name];
}
