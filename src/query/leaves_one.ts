import type { Expr } from "./ast.ts";

/**
 * Whether an expression is a filter by a whole number that lets a 1 through, such as `failures > 0`: what counts things is 1
 * when the first is there. Only the outermost comparison is looked at.
 */
export function leavesOne(expr: Expr): boolean {
  if (expr.kind === "paren") return leavesOne(expr.expr);
  if (expr.kind !== "binary" || expr.returnBool || expr.right.kind !== "number") return false;
  const { value } = expr.right;
  if (!Number.isInteger(value)) return false;
  switch (expr.op) {
    case ">":
      return 1 > value;
    case ">=":
      return 1 >= value;
    case "<":
      return 1 < value;
    case "<=":
      return 1 <= value;
    case "==":
      return value === 1;
    case "!=":
      return value !== 1;
    default:
      return false;
  }
}
