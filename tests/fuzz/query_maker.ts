import type { Random } from "../support/random.ts";
import { type Call, RANGE_CALLS, type Trust, VECTOR_CALLS } from "./functions.ts";
import {
  EXTENDED,
  MATCHERS,
  type Metric,
  METRICS,
  MODERN_OFFSETS,
  MODERN_RANGES,
  NUMBERS,
  OFFSETS,
  PHIS,
  RANGES,
  STEPS,
} from "./vocabulary.ts";

export interface QueryMakerOptions {
  /** Moments for `@` to name, ms since the epoch. */
  readonly atMs: readonly number[];
  /** Whether to use what Prometheus 3.x brought, experimental parts included. */
  readonly isModern: boolean;
}

/** A piece of a query, and what is known of its value. */
interface Piece {
  readonly text: string;
  /**
   * How alike two engines must compute it: `dyadic` values have few bits, so that sums of them are exact in any
   * order; `exact` values are the same to the last bit, being made element by element; `close` ones differ in it.
   */
  readonly trust: Trust;
  /** Labels that tell its elements apart; undefined when nobody knows. */
  readonly shape: readonly string[] | undefined;
  /** No two elements have the same value, so that order and rank are certain. */
  readonly distinct: boolean;
  /** A range of samples, not of a subquery's values. */
  readonly isPlain?: boolean;
}

/**
 * Makes valid queries over the dataset's series. Left out is what has no single right answer: ranks of equal values,
 * comparisons and roundings of values that engines compute with different last bits, samples at the very edge of a
 * range.
 */
export class QueryMaker {
  readonly #random: Random;
  readonly #atMs: readonly number[];
  readonly #isModern: boolean;
  readonly #vectorCalls: readonly Call[];
  readonly #rangeCalls: readonly Call[];
  /** Whether what is being made is evaluated at the full seconds of a subquery's steps. */
  #onSteps = false;

  constructor(random: Random, { atMs, isModern }: QueryMakerOptions) {
    this.#random = random;
    this.#atMs = atMs;
    this.#isModern = isModern;
    this.#vectorCalls = VECTOR_CALLS.filter((call) => isModern || !call.isModern);
    this.#rangeCalls = RANGE_CALLS.filter((call) => isModern || !call.isModern);
  }

  /** A query fit for an instant; `range`: for a range too, which can't answer with a matrix. */
  make(kind: "instant" | "range"): string {
    const choice = this.#random.next();
    if (choice < 0.06) return this.#scalar(3);
    if (choice < 0.09 && kind === "instant") return this.#range().text;
    return this.#vector(1 + this.#random.below(4)).text;
  }

  #vector(depth: number): Piece {
    if (depth <= 0) return this.#selector();
    const makers = [
      () => this.#selector(),
      () => this.#aggregation(depth),
      () => this.#aggregation(depth),
      () => this.#rangeCall(),
      () => this.#rangeCall(),
      () => this.#vectorCall(depth),
      () => this.#vectorCall(depth),
      () => this.#binary(depth),
      () => this.#binary(depth),
      () => this.#withScalar(depth),
      () => this.#setOperation(depth),
      () => this.#labelCall(depth),
      () => this.#histogramQuantile(),
      () => this.#negated(depth),
      () => this.#fromScalar(depth),
    ];
    return this.#random.pick(makers)();
  }

  /** A vector that is at least so much alike everywhere. */
  #trusted(depth: number, least: Trust): Piece {
    for (let attempt = 0; attempt < 8; attempt++) {
      const piece = this.#vector(depth);
      if (piece.trust === "dyadic" || piece.trust === least) return piece;
    }
    return this.#selector();
  }

  #metric(): Metric {
    return this.#random.chance(0.85) ? this.#random.pick(METRICS.slice(0, 6)) : this.#random.pick(METRICS);
  }

  #series(metric: Metric): string {
    const matchers = metric.shape.filter(() => this.#random.chance(0.2))
      .map((label) => this.#random.pick(MATCHERS[label]));
    return matchers.length > 0 ? `${metric.name}{${matchers.join(",")}}` : metric.name;
  }

  #selector(): Piece {
    const metric = this.#metric();
    const { shape, distinct } = metric;
    return { text: this.#series(metric) + this.#modifiers(), trust: "dyadic", shape, distinct };
  }

  #modifiers(): string {
    let text = "";
    if (this.#random.chance(0.15)) text += ` offset ${this.#pick(OFFSETS, MODERN_OFFSETS)}`;
    if (this.#random.chance(0.08)) text += ` @ ${this.#moment()}`;
    return text;
  }

  #moment(): string {
    const choice = this.#random.below(4);
    if (choice === 0) return "start()";
    if (choice === 1) return "end()";
    return (this.#random.pick(this.#atMs) / 1_000).toFixed(3);
  }

  /** One of these, or where the newer parts are in use now and then one of those. */
  #pick<Item>(usual: readonly Item[], modern: readonly Item[]): Item {
    return this.#random.pick(this.#isModern && this.#random.chance(0.2) ? modern : usual);
  }

  /** A range of samples, or of a subquery's values. */
  #range(): Piece {
    const range = this.#pick(RANGES, MODERN_RANGES);
    if (this.#random.chance(0.75)) {
      const metric = this.#metric();
      const text = `${this.#series(metric)}[${range}]${this.#modifiers()}`;
      return { text, trust: "dyadic", shape: metric.shape, distinct: metric.distinct, isPlain: true };
    }
    return this.#subquery(range);
  }

  /** Inside another subquery an odd offset keeps steps off the edges of ranges. */
  #subquery(range: string): Piece {
    const wasOnSteps = this.#onSteps;
    this.#onSteps = true;
    const inner = this.#vector(1);
    this.#onSteps = wasOnSteps;
    const step = this.#random.pick(STEPS);
    const modifiers = wasOnSteps ? " offset 37ms" : this.#modifiers();
    return { ...inner, text: `(${inner.text})[${range}:${step}]${modifiers}`, distinct: false };
  }

  #scalar(depth: number): string {
    const choice = this.#random.below(depth <= 0 ? 2 : 6);
    if (choice <= 1) return this.#random.pick(NUMBERS);
    if (choice === 2) {
      return this.#pick(["time()"], ["step()", "range()", "start()", "end()", "max_of(1, 2)"]);
    }
    if (choice === 3) return `scalar(${this.#trusted(depth - 1, "exact").text})`;
    if (choice === 4) return `-(${this.#scalar(depth - 1)})`;
    const op = this.#random.pick(["+", "-", "*", "/", "%", "== bool", "< bool"]);
    return `(${this.#scalar(depth - 1)} ${op} ${this.#scalar(depth - 1)})`;
  }

  #aggregation(depth: number): Piece {
    const op = this.#random.pick([
      "sum",
      "min",
      "max",
      "count",
      "group",
      "avg",
      "stddev",
      "stdvar",
      "quantile",
      "topk",
      "bottomk",
      "count_values",
    ]);
    if (op === "topk" || op === "bottomk") return this.#ranked(op);
    const needsExact = op === "count_values" || op.startsWith("std");
    const inner = needsExact ? this.#trusted(depth - 1, "exact") : this.#vector(depth - 1);
    const { shape, clause } = this.#grouping(inner);
    const parameter = op === "quantile"
      ? `${this.#random.pick(PHIS)}, `
      : op === "count_values"
      ? `"value", `
      : "";
    return {
      text: `${op}${clause} (${parameter}${inner.text})`,
      trust: trustOfAggregation(op, inner.trust),
      shape: op === "count_values" && shape ? [...shape, "value"].sort() : shape,
      distinct: false,
    };
  }

  #grouping({ shape }: Piece): { clause: string; shape: readonly string[] | undefined } {
    const labels = shape ?? ["job"];
    const chosen = labels.filter(() => this.#random.chance(0.5));
    switch (this.#random.below(3)) {
      case 0:
        return { clause: "", shape: [] };
      case 1:
        return { clause: ` by (${chosen.join(", ")})`, shape: chosen };
      default:
        return {
          clause: ` without (${chosen.join(", ")})`,
          shape: shape?.filter((label) => !chosen.includes(label)),
        };
    }
  }

  /** topk and bottomk, over values that are all different. */
  #ranked(op: string): Piece {
    const inner = this.#distinct();
    const { clause } = this.#grouping(inner);
    return { ...inner, text: `${op}${clause} (${this.#random.below(5)}, ${inner.text})` };
  }

  #distinct(): Piece {
    for (;;) {
      const piece = this.#selector();
      if (piece.distinct) return piece;
    }
  }

  #rangeCall(): Piece {
    const call = this.#random.pick(this.#rangeCalls);
    let range = this.#range();
    while (call.needs !== "any" && range.trust === "close") range = this.#range();
    if (this.#isModern && EXTENDED.has(call.name) && range.isPlain && this.#random.chance(0.3)) {
      return this.#called(call, {
        ...range,
        text: `${range.text} ${this.#random.pick(["anchored", "smoothed"])}`,
      });
    }
    return this.#called(call, range);
  }

  #vectorCall(depth: number): Piece {
    const call = this.#random.pick(this.#vectorCalls);
    return this.#called(
      call,
      call.needs === "any" ? this.#vector(depth - 1) : this.#trusted(depth - 1, call.needs),
    );
  }

  #called(call: Call, inner: Piece): Piece {
    const text = call.write(inner.text, this.#random);
    const trust = trustOfCall(call.gives, inner.trust);
    return { text, trust, shape: call.shape ? call.shape(inner.shape) : inner.shape, distinct: false };
  }

  #withScalar(depth: number): Piece {
    const op = this.#operator();
    const inner = op.compares ? this.#trusted(depth - 1, "exact") : this.#vector(depth - 1);
    // Powers stay small: where a result is almost zero, Go's lose what little there is.
    const isPower = op.text === "^";
    const scalar = isPower ? this.#random.pick(["2", "0.5", "-1", "3", "0"]) : this.#scalar(1);
    const text = isPower || this.#random.chance(0.7)
      ? `${inner.text} ${op.text} ${scalar}`
      : `${scalar} ${op.text} ${inner.text}`;
    return { text: `(${text})`, trust: worse(op.trust, inner.trust), shape: inner.shape, distinct: false };
  }

  #operator(): { text: string; compares: boolean; trust: Trust } {
    if (this.#random.chance(0.4)) {
      const text = this.#random.pick(["==", "!=", "<", "<=", ">", ">="]);
      const bool = this.#random.chance(0.4);
      return { text: bool ? `${text} bool` : text, compares: true, trust: "exact" };
    }
    const text = this.#random.pick(["+", "-", "*", "/", "%", "^", "atan2"]);
    // The remainder of a value with another last bit can be anything, so it counts as comparing.
    const isClose = text === "^" || text === "atan2";
    return { text, compares: text === "%", trust: isClose ? "close" : "exact" };
  }

  #binary(depth: number): Piece {
    let op = this.#operator();
    while (op.text === "^") op = this.#operator();
    const operand = () => op.compares ? this.#trusted(depth - 1, "exact") : this.#vector(depth - 1);
    const left = operand();
    const right = this.#random.chance(0.5) ? this.#alike(left, op.compares) : operand();
    const { clause, shape } = this.#matching(left, right);
    const fill = this.#pick([""], [" fill (0)", " fill_left (-1)", " fill_right (2) fill_left (0.5)"]);
    return {
      text: `(${left.text} ${op.text}${clause}${fill} ${right.text})`,
      trust: worse(op.trust, worse(left.trust, right.trust)),
      shape,
      distinct: false,
    };
  }

  /** Something that has the same labels. */
  #alike({ shape }: Piece, exact: boolean): Piece {
    const wanted = shape?.join();
    for (let attempt = 0; attempt < 10; attempt++) {
      const piece = exact ? this.#trusted(1, "exact") : this.#vector(1);
      if (piece.shape?.join() === wanted) return piece;
    }
    return this.#selector();
  }

  #matching(left: Piece, right: Piece): { clause: string; shape: readonly string[] | undefined } {
    const a = left.shape, b = right.shape;
    if (!a || !b || this.#random.chance(0.05)) return { clause: " on (job)", shape: ["job"] };
    const common = a.filter((label) => b.includes(label));
    if (common.length === a.length && common.length === b.length) {
      const clause = this.#random.chance(0.5) ? "" : ` on (${common.join(", ")})`;
      return { clause, shape: common };
    }
    const many = common.length === b.length ? "group_left" : "group_right";
    const clause = this.#random.chance(0.5)
      ? ` on (${common.join(", ")})`
      : ` ignoring (${[...a, ...b].filter((label) => !common.includes(label)).join(", ")})`;
    return { clause: `${clause} ${many} ()`, shape: many === "group_left" ? a : b };
  }

  #setOperation(depth: number): Piece {
    const left = this.#vector(depth - 1);
    const right = this.#vector(depth - 1);
    const op = this.#random.pick(["and", "or", "unless"]);
    const clause = this.#random.pick(["", " on (job)", " ignoring (instance)", " on ()"]);
    return {
      text: `(${left.text} ${op}${clause} ${right.text})`,
      trust: op === "or" ? worse(left.trust, right.trust) : left.trust,
      shape: op === "or" ? undefined : left.shape,
      distinct: false,
    };
  }

  #labelCall(depth: number): Piece {
    const inner = this.#vector(depth - 1);
    const text = this.#random.pick([
      `label_replace(${inner.text}, "shard", "$1-x", "instance", "(.).*")`,
      `label_replace(${inner.text}, "job", "all", "job", "a.*|web")`,
      `label_replace(${inner.text}, "zone", "$2$1", "job", "(.)(.*)")`,
      `label_join(${inner.text}, "both", "/", "job", "instance")`,
      `label_join(${inner.text}, "none", "-")`,
    ]);
    return { ...inner, text, shape: undefined };
  }

  #histogramQuantile(): Piece {
    const window = `latency_bucket[${this.#random.pick(RANGES)}]`;
    const buckets = this.#random.pick([
      "latency_bucket",
      `rate(${window})`,
      `increase(${window})`,
      `sum by (le) (rate(${window}))`,
    ]);
    const shape = buckets.startsWith("sum") ? [] : ["job"];
    const text = `histogram_quantile(${this.#random.pick(PHIS)}, ${buckets})`;
    return { text, trust: "close", shape, distinct: false };
  }

  #negated(depth: number): Piece {
    const inner = this.#vector(depth - 1);
    return { ...inner, text: `-(${inner.text})`, distinct: false };
  }

  #fromScalar(depth: number): Piece {
    const text = `vector(${this.#scalar(depth - 1)})`;
    return { text, trust: "exact", shape: [], distinct: true };
  }
}

/** The less alike of two. */
function worse(a: Trust, b: Trust): Trust {
  if (a === "close" || b === "close") return "close";
  return a === "exact" || b === "exact" ? "exact" : "dyadic";
}

function trustOfCall(gives: Call["gives"], inner: Trust): Trust {
  if (gives === "same" || gives === "dyadic") return gives === "same" ? inner : gives;
  return gives === "sum" ? trustOfSum(inner) : worse(gives, inner);
}

function trustOfSum(inner: Trust): Trust {
  return inner === "dyadic" ? "dyadic" : "close";
}

function trustOfAggregation(op: string, inner: Trust): Trust {
  switch (op) {
    case "count":
    case "group":
    case "count_values":
      return "dyadic";
    case "min":
    case "max":
      return inner;
    case "sum":
      return trustOfSum(inner);
    default:
      return "close";
  }
}
