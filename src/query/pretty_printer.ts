import { atOnce, type Steps } from "../base/steps.ts";
import { childrenOf, type Expr } from "./ast.ts";
import { printGrouping, printNode, printOperator, printSubqueryRange } from "./printer.ts";

/** Expressions longer than this, in bytes of UTF-8, go over several lines. */
const MAX_LINE_LENGTH = 100;
const INDENT = "  ";

/** Parts of an expression that are measured in one go. */
const NODES_PER_STEP = 100;

/** Writes an expression over as many indented lines as it takes, as Prometheus' format_query does. */
export function prettyPrint(expr: Expr): string {
  return [...atOnce(prettyPrintInSteps(expr))].join("");
}

/**
 * The same in steps, and then in short pieces, each written when it is asked for: with its indents the text of a deep
 * expression grows with the square of its length.
 */
export function* prettyPrintInSteps(expr: Expr): Steps<Iterable<string>> {
  const printer = new PrettyPrinter();
  yield* printer.measure(expr);
  return printer.write(expr);
}

/** Something that is still to be written. */
interface Rest {
  readonly expr: Expr;
  readonly level: number;
  /** Whether it stands behind something else in its line, so that its indent is left out. */
  readonly isBehind: boolean;
}

type Part = string | Rest;

class PrettyPrinter {
  /** What fits into one line: an expression whose parts don't all fit doesn't either. */
  readonly #short = new Map<Expr, string>();
  #nodes = 0;

  /** @returns whether the expression fits into one line */
  *measure(expr: Expr): Steps<boolean> {
    if (++this.#nodes % NODES_PER_STEP === 0) yield;
    let fits = true;
    for (const child of childrenOf(expr)) if (!(yield* this.measure(child))) fits = false;
    if (!fits) return false;
    const text = this.#print(expr);
    if (isLong(text)) return false;
    this.#short.set(expr, text);
    return true;
  }

  *write(expr: Expr): Generator<string, void, void> {
    const left: Part[] = [{ expr, level: 0, isBehind: false }];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      if (typeof next === "string") yield next;
      else for (const part of this.#partsOf(next).reverse()) left.push(part);
    }
  }

  #partsOf({ expr, level, isBehind }: Rest): Part[] {
    const indent = INDENT.repeat(level);
    const start = isBehind ? "" : indent;
    const inner = (expr: Expr): Rest => ({ expr, level: level + 1, isBehind: false });
    const short = this.#short.get(expr);
    switch (expr.kind) {
      case "subquery": // upstream gives a short one no indent; so do we
        return short === undefined
          ? [{ expr: expr.expr, level, isBehind }, printSubqueryRange(expr)]
          : [short];
      case "unary":
        return [start + expr.op, { expr: expr.expr, level, isBehind: true }];
      case "step_invariant":
        return [{ expr: expr.expr, level, isBehind }];
    }
    if (short !== undefined) return [start + short];
    switch (expr.kind) {
      case "aggregate": {
        const param = expr.param ? [inner(expr.param), ",\n"] : [];
        return [`${start}${printGrouping(expr)}(\n`, ...param, inner(expr.expr), `\n${indent})`];
      }
      case "binary": {
        const left = { ...inner(expr.left), isBehind };
        return [left, `\n${indent}${printOperator(expr)}\n`, inner(expr.right)];
      }
      case "call": {
        const args = expr.args.flatMap((arg, i) => i === 0 ? [inner(arg)] : [",\n", inner(arg)]);
        return [`${start}${expr.name}(\n`, ...args, `\n${indent})`];
      }
      case "paren":
        return [`${start}(\n`, inner(expr.expr), `\n${indent})`];
      default:
        return [start + this.#print(expr)]; // selectors and literals stay on one line, however long
    }
  }

  /** On one line; all of its parts are short. */
  #print(expr: Expr): string {
    return printNode(expr, (child) => this.#short.get(child)!);
  }
}

function isLong(text: string): boolean {
  if (text.length > MAX_LINE_LENGTH) return true;
  return text.length * 3 > MAX_LINE_LENGTH && new TextEncoder().encode(text).length > MAX_LINE_LENGTH;
}
