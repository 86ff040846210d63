import { type Expr, valueTypeOf } from "./ast.ts";
import type { PositionRange } from "./position.ts";
import type { ValueType } from "./signatures.ts";
import { documentedType } from "./type_check.ts";

export type VerdictType =
  | { readonly kind: "ok"; readonly type: ValueType }
  | { readonly kind: "error"; readonly reason: string; readonly position: PositionRange };

/**
 * Whether a health endpoint can decide by this expression. An instant query may come to any type, a bare range
 * selector included; a range query, being evaluated at every step, only to a scalar or an instant vector.
 */
export function verdictTypeOf(expr: Expr, query: "instant" | "range"): VerdictType {
  const type = valueTypeOf(expr);
  if (query === "instant" || type === "scalar" || type === "vector") return { kind: "ok", type };
  const got = documentedType(type);
  return {
    kind: "error",
    reason: `invalid expression type "${got}" for range query, must be Scalar or instant Vector`,
    position: expr.position,
  };
}
