import type { AtModifier, DurationExpr, Expr, Matching, TimeModifiers } from "./ast.ts";
import type { Matcher } from "../model/matcher.ts";
import { formatFloat } from "./go_number.ts";
import { signatureOf } from "./signatures.ts";

/** A value that JSON.stringify writes as is. */
type Json = null | boolean | number | string | readonly Json[] | Members;
type Members = { readonly [key: string]: Json };

/** Finished text, and what is still to be written in between. */
type Part = string | Expr;

/**
 * The tree as Prometheus' `/api/v1/parse_query` shows it (web/api/v1/translate_ast.go): JSON in short pieces, for the
 * tree of a long query is much longer than the query.
 */
export function* toJson(root: Expr): Generator<string, void, void> {
  const left: Part[] = [root];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next === "string") yield next;
    else for (const part of partsOf(next).reverse()) left.push(part);
  }
}

function partsOf(expr: Expr): Part[] {
  switch (expr.kind) {
    case "number":
      return node({ type: "numberLiteral", val: formatFloat(expr.value) });
    case "string":
      return node({ type: "stringLiteral", val: expr.value.toWellFormed() });
    case "vector_selector":
      return node({
        type: "vectorSelector",
        name: expr.name,
        ...timeModifiers(expr),
        matchers: matchers(expr.matchers),
        anchored: expr.anchored,
        smoothed: expr.smoothed,
      });
    case "matrix_selector": {
      const { selector } = expr;
      return node({
        type: "matrixSelector",
        name: selector.name,
        range: expr.rangeMs,
        rangeExpr: duration(expr.rangeExpr),
        ...timeModifiers(selector),
        matchers: matchers(selector.matchers),
        anchored: selector.anchored,
        smoothed: selector.smoothed,
      });
    }
    case "subquery":
      return node({ type: "subquery" }, { expr: expr.expr }, {
        range: expr.rangeMs,
        rangeExpr: duration(expr.rangeExpr),
        step: expr.stepMs,
        stepExpr: duration(expr.stepExpr),
        ...timeModifiers(expr),
      });
    case "call": {
      const { argTypes, variadic, returns } = signatureOf(expr.name);
      const func = { name: expr.name, argTypes, variadic, returnType: returns };
      return node({ type: "call", func }, { args: expr.args });
    }
    case "aggregate":
      return node({ type: "aggregation", op: expr.op }, { expr: expr.expr, param: expr.param ?? null }, {
        grouping: expr.grouping,
        without: expr.without,
      });
    case "binary":
      return node({ type: "binaryExpr", op: expr.op }, { lhs: expr.left, rhs: expr.right }, {
        matching: expr.matching ? matching(expr.matching) : null,
        bool: expr.returnBool,
      });
    case "unary":
      return node({ type: "unaryExpr", op: expr.op }, { expr: expr.expr });
    case "paren":
      return node({ type: "parenExpr" }, { expr: expr.expr });
    case "step_invariant":
      return [expr.expr];
  }
}

/** An object whose members are, in this order: plain values, other parts of the tree, plain values. */
function node(
  before: Members,
  inner: Readonly<Record<string, Expr | readonly Expr[] | null>> = {},
  after: Members = {},
): Part[] {
  const parts: Part[] = [`{${membersOf(before)}`];
  for (const [name, value] of Object.entries(inner)) {
    parts.push(`,${JSON.stringify(name)}:`);
    if (value === null) parts.push("null");
    else if ("kind" in value) parts.push(value);
    else {
      parts.push("[");
      for (const [i, each] of value.entries()) i === 0 ? parts.push(each) : parts.push(",", each);
      parts.push("]");
    }
  }
  const rest = membersOf(after);
  parts.push(rest === "" ? "}" : `,${rest}}`);
  return parts;
}

function membersOf(members: Members): string {
  return JSON.stringify(members).slice(1, -1);
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
