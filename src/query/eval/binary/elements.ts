import type { Histogram } from "../../../model/histogram.ts";
import type { BinaryOp } from "../../ast.ts";
import {
  addHistograms,
  type Combination,
  compactHistogram,
  divHistogram,
  equalHistograms,
  mulHistogram,
  subHistograms,
  trimHistogram,
  withHint,
} from "../../histogram/mod.ts";
import type { PositionRange } from "../../position.ts";
import type { Notes } from "../notes.ts";

/** One element of a vector: a float, or a histogram. */
export interface Element {
  readonly value: number;
  readonly histogram: Histogram | undefined;
}

/** What an operation on two elements comes to, where at least one is a histogram. */
export type ElementResult =
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "histogram"; readonly histogram: Histogram }
  /** A comparison did not hold. */
  | { readonly kind: "filtered" }
  /** Makes no sense; a note says so. */
  | { readonly kind: "none" };

/** Operations in which histograms take part (Prometheus, promql/engine.go, vectorElemBinop). */
export function combineElements(
  op: BinaryOp,
  left: Element,
  right: Element,
  notes: Notes,
  position: PositionRange,
): ElementResult {
  const histogram = left.histogram && right.histogram
    ? undefined
    : left.histogram
    ? histogramWithFloat(op, left.histogram, right.value)
    : floatWithHistogram(op, left.value, right.histogram!);
  if (histogram) return { kind: "histogram", histogram };
  if (left.histogram && right.histogram) {
    const result = twoHistograms(op, left.histogram, right.histogram, notes, position);
    if (result) return result;
  }
  notes.incompatibleTypes(typeOf(left), op, typeOf(right), position);
  return { kind: "none" };
}

function typeOf(element: Element): string {
  return element.histogram ? "histogram" : "float";
}

function histogramWithFloat(op: BinaryOp, histogram: Histogram, value: number): Histogram | undefined {
  switch (op) {
    case "*":
      return compactHistogram(mulHistogram(histogram, value));
    case "/":
      return compactHistogram(divHistogram(histogram, value));
    case "</":
      return trimHistogram(histogram, value, "below");
    case ">/":
      return trimHistogram(histogram, value, "above");
    default:
      return undefined;
  }
}

function floatWithHistogram(op: BinaryOp, value: number, histogram: Histogram): Histogram | undefined {
  return op === "*" ? compactHistogram(mulHistogram(histogram, value)) : undefined;
}

function twoHistograms(
  op: BinaryOp,
  left: Histogram,
  right: Histogram,
  notes: Notes,
  position: PositionRange,
): ElementResult | undefined {
  switch (op) {
    case "+":
      return combined(addHistograms(left, right), op, notes, position);
    case "-":
      return combined(subHistograms(left, right), op, notes, position);
    case "==":
      return equalHistograms(left, right) ? { kind: "histogram", histogram: left } : { kind: "filtered" };
    case "!=":
      return equalHistograms(left, right) ? { kind: "filtered" } : { kind: "histogram", histogram: left };
    default:
      return undefined;
  }
}

function combined(
  combination: Combination,
  op: "+" | "-",
  notes: Notes,
  position: PositionRange,
): ElementResult {
  if (combination.kind === "incompatible") {
    notes.incompatibleBuckets(op, position);
    return { kind: "none" };
  }
  const operation = op === "+" ? "addition" : "subtraction";
  if (combination.boundsReconciled) notes.bucketsReconciled(operation, position);
  if (combination.counterResetCollision) notes.resetCollision(operation, position);
  const { histogram } = combination;
  return { kind: "histogram", histogram: op === "-" ? withHint(histogram, "gauge") : histogram };
}
