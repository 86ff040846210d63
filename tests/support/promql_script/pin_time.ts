import type { Expr } from "../../../src/query/ast.ts";

/**
 * Functions whose result follows the evaluation time or the time of the samples, so that a query with them may
 * change though all its selectors are pinned (Prometheus, promql, AtModifierUnsafeFunctions).
 */
const TIME_DEPENDENT: ReadonlySet<string> = new Set([
  "days_in_month",
  "day_of_month",
  "day_of_week",
  "day_of_year",
  "end",
  "hour",
  "minute",
  "month",
  "year",
  "predict_linear",
  "range",
  "start",
  "step",
  "time",
  "timestamp",
]);

/**
 * The expression with `@ timestampMs` on every selector and subquery that has no fixed time yet; what is inside a
 * subquery stays as it is. Its value is the same at all evaluation times; undefined where that can't be.
 */
export function pinTime(expr: Expr, timestampMs: number): Expr | undefined {
  let pinnable = true;
  const at = { kind: "timestamp", timestampMs } as const;
  const pin = (node: Expr): Expr => {
    switch (node.kind) {
      case "number":
      case "string":
        return node;
      case "vector_selector":
        return node.at?.kind === "timestamp" ? node : { ...node, at };
      case "matrix_selector":
        return node.selector.at?.kind === "timestamp"
          ? node
          : { ...node, selector: { ...node.selector, at } };
      case "subquery":
        return node.at?.kind === "timestamp" ? node : { ...node, at };
      case "call":
        if (TIME_DEPENDENT.has(node.name)) pinnable = false;
        return { ...node, args: node.args.map(pin) };
      case "aggregate":
        return { ...node, expr: pin(node.expr), param: node.param && pin(node.param) };
      case "binary":
        return { ...node, left: pin(node.left), right: pin(node.right) };
      case "unary":
      case "paren":
      case "step_invariant":
        return { ...node, expr: pin(node.expr) };
    }
  };
  const pinned = pin(expr);
  return pinnable ? pinned : undefined;
}
