/** Arithmetic of native and classic histograms. */
export { HistogramMean, HistogramSum } from "./accumulate.ts";
export {
  addHistograms,
  type Combination,
  compactHistogram,
  copyToSchema,
  divHistogram,
  mulHistogram,
  negateHistogram,
  statsOnly,
  subHistograms,
  withHint,
} from "./arithmetic.ts";
export { hasCustomBuckets } from "./bounds.ts";
export {
  type ClassicBucket,
  classicFraction,
  classicQuantile,
  type MonotonicityFix,
} from "./classic_quantile.ts";
export { equalHistograms } from "./equal.ts";
export { describeHistogram } from "./format.ts";
export { type FractionResult, histogramFraction } from "./fraction.ts";
export { histogramAvg, histogramVariance } from "./moments.ts";
export { histogramQuantile, type QuantileResult } from "./quantile.ts";
export { detectReset } from "./reset.ts";
export { type Keep, trimHistogram } from "./trim.ts";
