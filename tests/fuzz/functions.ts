import type { Random } from "../support/random.ts";

/** How alike engines compute a value; see QueryMaker. */
export type Trust = "dyadic" | "exact" | "close";

/** One way to call a function of a vector or of a range. */
export interface Call {
  readonly name: string;
  /** What its argument must be, so that last bits do not decide about the result, be it by what cancels out. */
  readonly needs: Trust | "any";
  /** `same`: as its argument; `sum`: as a sum of its argument's values. */
  readonly gives: Trust | "same" | "sum";
  readonly write: (inner: string, random: Random) => string;
  /** Prometheus has had it since 3.x only. */
  readonly isModern?: boolean;
  /** What becomes of the labels that tell elements apart; by default nothing. */
  readonly shape?: (shape: readonly string[] | undefined) => readonly string[] | undefined;
}

function plain(name: string, needs: Call["needs"], gives: Call["gives"]): Call {
  return { name, needs, gives, write: (inner) => `${name}(${inner})` };
}

const number = (random: Random) => random.pick(["0", "1", "-20.03125", "64", "500.5"]);
const none = () => undefined;

/** Dates of moments; those of NaN and infinities depend on the processor that Prometheus runs on. */
function ofTime(name: string): Call {
  const write = (inner: string, random: Random) =>
    `${name}(timestamp(${inner}) * ${random.pick(["1", "0.5", "-1"])})`;
  return { name, needs: "any", gives: "dyadic", write };
}

function modern(call: Call): Call {
  return { ...call, isModern: true };
}

/** Functions of an instant vector. */
export const VECTOR_CALLS: readonly Call[] = [
  plain("abs", "any", "same"),
  ...["ceil", "floor", "sgn"].map((name) => plain(name, "exact", "same")),
  plain("sqrt", "any", "exact"),
  ...["sin", "cos", "tan"].map((name) => plain(name, "exact", "close")), // of large values they turn on the last bit
  ...["exp", "ln", "log2", "log10", "asin", "acos", "atan", "sinh", "cosh", "tanh"]
    .map((name) => plain(name, "any", "close")),
  ...["asinh", "acosh", "atanh", "deg", "rad"].map((name) => plain(name, "any", "close")),
  ...["sort", "sort_desc"].map((name) => plain(name, "any", "same")),
  plain("timestamp", "any", "exact"),
  ...["minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year"].map(
    ofTime,
  ),
  { ...plain("absent", "any", "dyadic"), shape: none },
  { name: "round", needs: "exact", gives: "exact", write: (inner) => `round(${inner})` },
  {
    name: "round to",
    needs: "exact",
    gives: "exact",
    write: (inner, random) => `round(${inner}, ${random.pick(["0.25", "5", "0.1"])})`,
  },
  modern({
    name: "sort_by_label",
    needs: "any",
    gives: "same",
    write: (inner) => `sort_by_label(${inner}, "job")`,
  }),
  {
    name: "clamp",
    needs: "any",
    gives: "exact",
    write: (inner, random) => `clamp(${inner}, ${number(random)}, ${number(random)})`,
  },
  {
    name: "clamp_min",
    needs: "any",
    gives: "exact",
    write: (inner, random) => `clamp_min(${inner}, ${number(random)})`,
  },
  {
    name: "clamp_max",
    needs: "any",
    gives: "exact",
    write: (inner, random) => `clamp_max(${inner}, ${number(random)})`,
  },
];

/** Functions of a range. */
export const RANGE_CALLS: readonly Call[] = [
  ...["rate", "increase", "delta", "irate", "deriv"].map((name) => plain(name, "exact", "close")),
  plain("avg_over_time", "any", "close"),
  ...["stddev_over_time", "stdvar_over_time"].map((name) => plain(name, "exact", "close")),
  ...["min_over_time", "max_over_time", "last_over_time"].map((name) => plain(name, "any", "same")),
  plain("idelta", "exact", "exact"),
  plain("sum_over_time", "any", "sum"),
  ...["count_over_time", "present_over_time"].map((name) => plain(name, "any", "dyadic")),
  ...["changes", "resets"].map((name) => plain(name, "exact", "dyadic")),
  { ...plain("absent_over_time", "any", "dyadic"), shape: none },
  {
    name: "quantile_over_time",
    needs: "any",
    gives: "close",
    write: (inner, random) =>
      `quantile_over_time(${random.pick(["0", "0.5", "0.9", "1", "-1", "3"])}, ${inner})`,
  },
  {
    name: "predict_linear",
    needs: "exact",
    gives: "close",
    write: (inner, random) => `predict_linear(${inner}, ${random.pick(["60", "-60", "3600"])})`,
  },
  modern(plain("first_over_time", "any", "same")),
  modern(plain("mad_over_time", "exact", "close")),
  ...["first", "last", "min", "max"].map((which) =>
    modern(plain(`ts_of_${which}_over_time`, "exact", "exact"))
  ),
  modern({
    name: "double_exponential_smoothing",
    needs: "exact",
    gives: "close",
    write: (inner) => `double_exponential_smoothing(${inner}, 0.5, 0.25)`,
  }),
];
