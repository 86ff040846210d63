import type { Expr } from "./ast.ts";
import { printGrouping, printNode, printOperator, printSubqueryRange } from "./printer.ts";

/** Expressions longer than this, in bytes of UTF-8, go over several lines. */
const MAX_LINE_LENGTH = 100;
const INDENT = "  ";

/** Writes an expression over as many indented lines as it takes, as Prometheus' format_query does. */
export function prettyPrint(expr: Expr): string {
  return new PrettyPrinter().write(expr, 0);
}

class PrettyPrinter {
  /** Every part's one-line form is asked for by all that contain it. */
  readonly #oneLine = new Map<Expr, string>();

  write(expr: Expr, level: number): string {
    if (expr.kind === "subquery") return this.#subquery(expr, level);
    if (expr.kind === "unary") return this.#unary(expr, level);
    if (expr.kind === "step_invariant") return this.write(expr.expr, level);
    const indent = INDENT.repeat(level);
    if (!this.#isLong(expr)) return indent + this.#print(expr);
    switch (expr.kind) {
      case "aggregate": {
        const param = expr.param ? `${this.write(expr.param, level + 1)},\n` : "";
        const inner = this.write(expr.expr, level + 1);
        return `${indent}${printGrouping(expr)}(\n${param}${inner}\n${indent})`;
      }
      case "binary": {
        const left = this.write(expr.left, level + 1);
        const right = this.write(expr.right, level + 1);
        return `${left}\n${indent}${printOperator(expr)}\n${right}`;
      }
      case "call": {
        const args = expr.args.map((arg) => this.write(arg, level + 1)).join(",\n");
        return `${indent}${expr.name}(\n${args}\n${indent})`;
      }
      case "paren":
        return `${indent}(\n${this.write(expr.expr, level + 1)}\n${indent})`;
      default:
        return indent + this.#print(expr); // selectors and literals stay on one line, however long
    }
  }

  /** Upstream gives a short subquery no indent; so do we. */
  #subquery(expr: Extract<Expr, { kind: "subquery" }>, level: number): string {
    return this.#isLong(expr) ? this.write(expr.expr, level) + printSubqueryRange(expr) : this.#print(expr);
  }

  #unary(expr: Extract<Expr, { kind: "unary" }>, level: number): string {
    return INDENT.repeat(level) + expr.op + this.write(expr.expr, level).trim();
  }

  #print(expr: Expr): string {
    let text = this.#oneLine.get(expr);
    if (text === undefined) {
      text = printNode(expr, (child) => this.#print(child));
      this.#oneLine.set(expr, text);
    }
    return text;
  }

  #isLong(expr: Expr): boolean {
    const text = this.#print(expr);
    if (text.length > MAX_LINE_LENGTH) return true;
    return text.length * 3 > MAX_LINE_LENGTH && new TextEncoder().encode(text).length > MAX_LINE_LENGTH;
  }
}
