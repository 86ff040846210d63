import type { Steps } from "../base/steps.ts";
import {
  type Binary,
  type Call,
  type DurationExpr,
  type Expr,
  isComparison,
  isSetOp,
  valueTypeOf,
} from "./ast.ts";
import { METRIC_NAME } from "../model/labels.ts";
import { quote } from "./go_text.ts";
import { MAX_ERRORS, type Problem } from "./parse_error.ts";
import type { Misplaced } from "./parse_expression.ts";
import type { PositionRange } from "./position.ts";
import { isSpace } from "./scan.ts";
import { type Signature, signatureOf, type ValueType } from "./signatures.ts";
import { MAX_NESTING } from "./token_stream.ts";

const NAMES: Readonly<Record<ValueType, string>> = {
  scalar: "scalar",
  string: "string",
  vector: "instant vector",
  matrix: "range vector",
};

/** What the documentation calls a type. */
export function documentedType(type: ValueType): string {
  return NAMES[type];
}

/** Parts of a tree that are looked at in one go. */
const NODES_PER_STEP = 250;

/**
 * Checks types and all else that needs a whole tree to be known (Prometheus, promql/parser/parse.go, checkAST), and
 * that the tree is not too deep to walk. Returns problems in the order in which Prometheus finds them.
 */
export function* checkTypes(query: string, expr: Expr, misplaced: Misplaced): Steps<Problem[]> {
  const checker = new TypeChecker(query, misplaced);
  yield* checker.check(expr, 1);
  return checker.problems;
}

class TypeChecker {
  readonly problems: Problem[] = [];
  readonly #query: string;
  readonly #misplaced: Misplaced;
  #tooDeep = false;
  #nodes = 0;

  constructor(query: string, misplaced: Misplaced) {
    this.#query = query;
    this.#misplaced = misplaced;
  }

  *check(expr: Expr, depth: number): Steps<ValueType> {
    if (++this.#nodes % NODES_PER_STEP === 0) yield;
    if (depth > MAX_NESTING) {
      this.#refuseDepth(expr.position);
      return valueTypeOf(expr);
    }
    const below = depth + 1;
    switch (expr.kind) {
      case "number":
        return "scalar";
      case "string":
        return "string";
      case "paren":
      case "step_invariant":
        return yield* this.check(expr.expr, below);
      case "vector_selector":
        this.#checkSelector(expr, below, "needs a matcher");
        return "vector";
      case "matrix_selector":
        yield* this.check(expr.selector, below);
        this.#checkDepths([expr.rangeExpr], below);
        return "matrix";
      case "subquery":
        this.#expectVector(expr, yield* this.check(expr.expr, below));
        this.#checkDepths([expr.rangeExpr, expr.stepExpr, expr.offsetExpr], below);
        return "matrix";
      case "unary": {
        const type = yield* this.check(expr.expr, below);
        this.#expectNumbers(expr, type);
        return type;
      }
      case "aggregate":
        this.#expect(expr.expr, yield* this.check(expr.expr, below), "vector", "aggregation expression");
        if (expr.param) {
          const wanted = expr.op === "count_values" ? "string" : "scalar";
          this.#expect(expr.param, yield* this.check(expr.param, below), wanted, "aggregation parameter");
        }
        return "vector";
      case "call":
        yield* this.#checkCall(expr, below);
        return valueTypeOf(expr);
      case "binary":
        yield* this.#checkBinary(expr, below);
        return expr.returns;
    }
  }

  #report(position: PositionRange, reason: string): void {
    if (this.problems.length < MAX_ERRORS) this.problems.push({ position, reason });
  }

  #refuseDepth(position: PositionRange): void {
    if (this.#tooDeep) return;
    this.#tooDeep = true;
    this.#report(position, `expression nests deeper than ${MAX_NESTING} levels`);
  }

  #expectVector(subquery: Expr, type: ValueType): void {
    if (type === "vector") return;
    this.#report(subquery.position, `subquery is only allowed on instant vector, got ${type} instead`);
  }

  #expectNumbers(unary: Expr, type: ValueType): void {
    if (type === "scalar" || type === "vector") return;
    const got = quote(documentedType(type));
    this.#report(
      unary.position,
      `unary expression only allowed on expressions of type scalar or instant vector, got ${got}`,
    );
  }

  #expect(expr: Expr, type: ValueType, wanted: ValueType, where: string): void {
    if (type === wanted) return;
    this.#report(
      expr.position,
      `expected type ${documentedType(wanted)} in ${where}, got ${documentedType(type)}`,
    );
  }

  /** A selector needs something that keeps it from selecting every series there is; that of `info` does not. */
  #checkSelector(
    selector: Extract<Expr, { kind: "vector_selector" }>,
    depth: number,
    rule: "needs a matcher" | "may match all",
  ): void {
    const { name, matchers, position } = selector;
    this.#checkDepths([selector.offsetExpr], depth);
    if (name !== "") {
      for (const { name: label, value } of matchers.slice(0, -1)) {
        if (label !== METRIC_NAME) continue;
        this.#report(position, `metric name must not be set twice: ${quote(name)} or ${quote(value)}`);
      }
    } else if (rule === "needs a matcher" && matchers.every((matcher) => matcher.matches(""))) {
      this.#report(position, "vector selector must contain at least one non-empty matcher");
    }
  }

  *#checkCall(call: Call, depth: number): Steps<void> {
    const signature = signatureOf(call.name);
    this.#checkArgumentCount(call, signature);
    if (call.name === "info" && call.args.length > 1) this.#checkInfoSelector(call, call.args[1]);
    const { argTypes, variadic } = signature;
    for (const [index, arg] of call.args.entries()) {
      if (index >= argTypes.length && variadic === 0) return;
      const wanted = argTypes[Math.min(index, argTypes.length - 1)];
      const type = valueTypeOf(arg);
      if (call.name === "info" && index === 1 && arg.kind === "vector_selector") {
        this.#checkSelector(arg, depth, "may match all");
      } else yield* this.check(arg, depth);
      if (type === wanted) continue;
      this.#report(
        arg.position,
        `expected type ${documentedType(wanted)} in call to function ${quote(call.name)}, got ${
          documentedType(type)
        }`,
      );
    }
  }

  #checkArgumentCount(call: Call, { argTypes, variadic }: Signature): void {
    const got = call.args.length;
    const least = variadic === 0 ? argTypes.length : argTypes.length - 1;
    const most = variadic < 0 ? Infinity : least + variadic;
    if (got >= least && got <= most) return;
    const bound = variadic === 0 ? "" : got < least ? "at least " : "at most ";
    const count = got < least ? least : most;
    this.#report(
      call.position,
      `expected ${bound}${count} argument(s) in call to ${quote(call.name)}, got ${got}`,
    );
  }

  #checkInfoSelector(call: Call, selector: Expr): void {
    const type = valueTypeOf(selector);
    if (type !== "vector") {
      this.#report(
        call.position,
        `expected type instant vector in call to function "info", got ${documentedType(type)}`,
      );
    }
    if (selector.kind !== "vector_selector") {
      this.#report(selector.position, "expected label selectors only");
    } else if (selector.name !== "") {
      this.#report(selector.position, "expected label selectors only, got vector selector instead");
    }
  }

  *#checkBinary(binary: Binary, depth: number): Steps<void> {
    const { op, left, right, returnBool, position } = binary;
    const types = [yield* this.check(left, depth), yield* this.check(right, depth)];
    const bothVectors = types[0] === "vector" && types[1] === "vector";
    const matching = binary.matching ?? this.#misplaced.get(binary);
    if (returnBool && !isComparison(op)) {
      this.#report(this.#operatorRange(binary), "bool modifier can only be used on comparison operators");
    }
    if (isComparison(op) && !returnBool && types[0] === "scalar" && types[1] === "scalar") {
      this.#report(this.#operatorRange(binary), "comparisons between scalars must use BOOL modifier");
    }
    if (matching?.on) {
      for (const label of matching.labels) {
        for (const included of matching.include) {
          if (included !== label) continue;
          const reason = `label ${quote(label)} must not occur in ON and GROUP clause at once`;
          this.#report(this.#operatorRange(binary), reason);
        }
      }
    }
    for (const [side, type] of [[left, types[0]], [right, types[1]]] as const) {
      if (type === "scalar" || type === "vector") continue;
      this.#report(side.position, "binary expression must contain only scalar and instant vector types");
    }
    const fills = matching?.fillLeft !== undefined || matching?.fillRight !== undefined;
    if (!bothVectors) {
      if (matching && matching.labels.length > 0) {
        this.#report(position, "vector matching only allowed between instant vectors");
      }
      if (fills) this.#report(position, "filling in missing series only allowed between instant vectors");
    } else if (isSetOp(op)) {
      if (matching!.cardinality !== "many-to-many") {
        this.#report(position, `no grouping allowed for ${quote(op)} operation`);
        this.#report(position, "set operations must always be many-to-many");
      }
      if (fills) this.#report(position, "filling in missing series not allowed for set operators");
    }
    if (isSetOp(op) && types.includes("scalar")) {
      this.#report(position, `set operator ${quote(op)} not allowed in binary scalar expression`);
    }
  }

  /** What stands between the operands, modifiers included. */
  #operatorRange({ left, right }: Binary): PositionRange {
    let start = left.position.end;
    let end = right.position.start;
    while (start < end && isSpace(this.#query.charCodeAt(start))) start++;
    while (end > start && isSpace(this.#query.charCodeAt(end - 1))) end--;
    return { start, end };
  }

  #checkDepths(durations: readonly (DurationExpr | undefined)[], depth: number): void {
    for (const duration of durations) if (duration) this.#checkDepth(duration, depth);
  }

  #checkDepth(duration: DurationExpr, depth: number): void {
    if (depth > MAX_NESTING) return this.#refuseDepth(duration.position);
    switch (duration.kind) {
      case "number":
        return;
      case "duration_unary":
        return this.#checkDepth(duration.operand, depth + 1);
      case "duration_binary":
        return this.#checkDepths([duration.left, duration.right], depth + 1);
      case "duration_call":
        return this.#checkDepths(duration.args, depth + 1);
    }
  }
}
