import type { AtModifier, DurationExpr, Expr, Matching, TimeModifiers } from "./ast.ts";
import type { Matcher } from "../model/matcher.ts";
import { formatFloat } from "./go_number.ts";
import { signatureOf } from "./signatures.ts";

/** A value that JSON.stringify writes as is. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The tree as Prometheus' `/api/v1/parse_query` shows it (web/api/v1/translate_ast.go). */
export function toJson(expr: Expr): Json {
  switch (expr.kind) {
    case "number":
      return { type: "numberLiteral", val: formatFloat(expr.value) };
    case "string":
      return { type: "stringLiteral", val: expr.value.toWellFormed() };
    case "vector_selector":
      return {
        type: "vectorSelector",
        name: expr.name,
        ...timeModifiers(expr),
        matchers: matchers(expr.matchers),
        anchored: expr.anchored,
        smoothed: expr.smoothed,
      };
    case "matrix_selector": {
      const { selector } = expr;
      return {
        type: "matrixSelector",
        name: selector.name,
        range: expr.rangeMs,
        rangeExpr: duration(expr.rangeExpr),
        ...timeModifiers(selector),
        matchers: matchers(selector.matchers),
        anchored: selector.anchored,
        smoothed: selector.smoothed,
      };
    }
    case "subquery":
      return {
        type: "subquery",
        expr: toJson(expr.expr),
        range: expr.rangeMs,
        rangeExpr: duration(expr.rangeExpr),
        step: expr.stepMs,
        stepExpr: duration(expr.stepExpr),
        ...timeModifiers(expr),
      };
    case "call": {
      const { argTypes, variadic, returns } = signatureOf(expr.name);
      return {
        type: "call",
        func: { name: expr.name, argTypes, variadic, returnType: returns },
        args: expr.args.map(toJson),
      };
    }
    case "aggregate":
      return {
        type: "aggregation",
        op: expr.op,
        expr: toJson(expr.expr),
        param: expr.param ? toJson(expr.param) : null,
        grouping: expr.grouping,
        without: expr.without,
      };
    case "binary":
      return {
        type: "binaryExpr",
        op: expr.op,
        lhs: toJson(expr.left),
        rhs: toJson(expr.right),
        matching: expr.matching ? matching(expr.matching) : null,
        bool: expr.returnBool,
      };
    case "unary":
      return { type: "unaryExpr", op: expr.op, expr: toJson(expr.expr) };
    case "paren":
      return { type: "parenExpr", expr: toJson(expr.expr) };
    case "step_invariant":
      return toJson(expr.expr);
  }
}

function timeModifiers({ offsetMs, offsetExpr, at }: TimeModifiers) {
  return { offset: offsetMs, offsetExpr: duration(offsetExpr), ...atModifier(at) };
}

function atModifier(at: AtModifier | undefined) {
  if (!at) return { timestamp: null, startOrEnd: null };
  return at.kind === "timestamp"
    ? { timestamp: at.timestampMs, startOrEnd: null }
    : { timestamp: null, startOrEnd: at.kind };
}

function matchers(list: readonly Matcher[]): Json {
  return list.map(({ kind, name, value }) => ({
    type: kind,
    name: name.toWellFormed(), // bytes that are no text have no place in JSON
    value: value.toWellFormed(),
  }));
}

function matching({ cardinality, on, labels, include, fillLeft, fillRight }: Matching): Json {
  return {
    card: cardinality,
    labels,
    on,
    include,
    fillValues: { lhs: fillLeft ?? null, rhs: fillRight ?? null },
  };
}

/** Everything but a literal has two sides in Prometheus' tree; those that an operation lacks are null. */
function duration(expr: DurationExpr | undefined): Json {
  if (!expr) return null;
  switch (expr.kind) {
    case "number":
      return { type: "numberLiteral", val: formatFloat(expr.value), duration: expr.isDuration };
    case "duration_binary":
      return operation(expr.op, duration(expr.left), duration(expr.right), expr.wrapped);
    case "duration_unary":
      return operation(expr.op, null, duration(expr.operand), expr.wrapped);
    case "duration_call":
      return operation(expr.name, duration(expr.args[0]), duration(expr.args[1]), expr.wrapped);
  }
}

function operation(op: string, lhs: Json, rhs: Json, wrapped: boolean): Json {
  return { type: "durationExpr", op, lhs, rhs, wrapped };
}
