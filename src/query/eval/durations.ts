import { MAX_PROM_DURATION_MS } from "../../base/duration.ts";
import type { DurationExpr } from "../ast.ts";
import { EvaluationFailure } from "./failure.ts";

/** What `step()` and `range()` stand for in a duration. */
export interface QuerySpan {
  readonly startMs: number;
  readonly endMs: number;
  /** Zero for an instant query. */
  readonly stepMs: number;
}

/**
 * Works a duration expression out (Prometheus, promql/durations.go).
 * @returns whole milliseconds; above zero unless `mayBeNegative`
 */
export function durationMs(expr: DurationExpr, span: QuerySpan, mayBeNegative: boolean): number {
  const seconds = secondsOf(expr, span);
  if (!Number.isFinite(seconds)) throw badDuration(expr, "duration is NaN or infinite");
  if (seconds <= 0 && !mayBeNegative) throw badDuration(expr, "duration must be greater than 0");
  if (Math.abs(seconds) > MAX_PROM_DURATION_MS / 1000) throw badDuration(expr, "duration is out of range");
  return Math.trunc(seconds * 1000);
}

function secondsOf(expr: DurationExpr, span: QuerySpan): number {
  switch (expr.kind) {
    case "number":
      return expr.value;
    case "duration_unary": {
      const operand = secondsOf(expr.operand, span);
      return expr.op === "-" ? -operand : operand;
    }
    case "duration_call":
      return call(expr, span);
    case "duration_binary":
      return binary(expr, span);
  }
}

function call(expr: Extract<DurationExpr, { kind: "duration_call" }>, span: QuerySpan): number {
  switch (expr.name) {
    case "step":
      return span.stepMs / 1000;
    case "range":
      return (span.endMs - span.startMs) / 1000;
    case "min_of":
      return Math.min(...expr.args.map((arg) => secondsOf(arg, span)));
    case "max_of":
      return Math.max(...expr.args.map((arg) => secondsOf(arg, span)));
  }
}

function binary(expr: Extract<DurationExpr, { kind: "duration_binary" }>, span: QuerySpan): number {
  const left = secondsOf(expr.left, span);
  const right = secondsOf(expr.right, span);
  switch (expr.op) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      if (right === 0) throw badDuration(expr, "division by zero");
      return left / right;
    case "%":
      if (right === 0) throw badDuration(expr, "modulo by zero");
      return left % right;
    case "^":
      return left ** right;
  }
}

function badDuration(expr: DurationExpr, what: string): EvaluationFailure {
  const { start, end } = expr.position;
  return new EvaluationFailure({
    kind: "bad_data",
    message: `${start}:${end}: ${what}`,
    position: expr.position,
  });
}
