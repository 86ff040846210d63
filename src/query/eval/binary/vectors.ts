import type { Histogram } from "../../../model/histogram.ts";
import type { Labels } from "../../../model/labels.ts";
import { type Binary, type BinaryOp, isComparison, type Matching } from "../../ast.ts";
import type { EvalContext, Evaluation } from "../context.ts";
import { duplicateLabels, executionFailure } from "../failure.ts";
import { ABSENT, FLOAT, type Frame } from "../frame.ts";
import { matchedLabels, withoutMetadata } from "../label_sets.ts";
import { combineElements } from "./elements.ts";
import { ARITHMETIC, COMPARISON, isArithmetic } from "./float_ops.ts";
import { type MatchGroup, matchGroups, presenceOfAll } from "./matching.ts";

/**
 * vector op vector, but for the set operations. Rows are matched once, by their labels; then each pair runs through
 * the steps. In what follows "one" is the side on which matching labels must be unique, "many" the other; one-to-one
 * has the right side as its "one".
 */
export function* combineVectors(
  context: EvalContext,
  node: Binary,
  left: Frame,
  right: Frame,
): Evaluation<Frame> {
  const operation = new VectorOperation(context, node, left, right);
  return yield* operation.run();
}

const NO_ROWS = new Int32Array(0);

class VectorOperation {
  readonly #context: EvalContext;
  readonly #node: Binary;
  readonly #matching: Matching;
  /** Whether the "one" side is the left one. */
  readonly #swapped: boolean;
  readonly #many: Frame;
  readonly #one: Frame;
  readonly #out: Frame;
  readonly #groups: readonly MatchGroup[];
  /** Result rows by labels. */
  readonly #rows = new Map<string, number>();
  /** Per result row: which group has matched at a step, plus one. Only for rows that several pairs share. */
  readonly #takenBy = new Map<number, Int32Array>();

  constructor(context: EvalContext, node: Binary, left: Frame, right: Frame) {
    this.#context = context;
    this.#node = node;
    this.#matching = node.matching!;
    this.#swapped = this.#matching.cardinality === "one-to-many";
    this.#many = this.#swapped ? right : left;
    this.#one = this.#swapped ? left : right;
    this.#out = context.frame(this.#many.rowCount);
    this.#groups = matchGroups(this.#many.labels, this.#one.labels, this.#matching);
  }

  *run(): Evaluation<Frame> {
    const { fillLeft, fillRight } = this.#matching;
    const fills = fillLeft !== undefined || fillRight !== undefined;
    if (!fills && (this.#many.rowCount === 0 || this.#one.rowCount === 0)) return this.#out;
    let checked: Uint8Array | undefined;
    for (const [id, group] of this.#groups.entries()) {
      if (group.right.length > 1) {
        checked ??= this.#stepsThatCount(fills);
        this.#refuseDuplicates(group, checked);
      }
      yield* this.#combineGroup(id, group);
    }
    return this.#out;
  }

  /** Steps at which duplicates on the "one" side matter: where both sides have something, or a fill stands in. */
  #stepsThatCount(fills: boolean): Uint8Array {
    const many = presenceOfAll(this.#many);
    const one = presenceOfAll(this.#one);
    return many.map((present, step) => fills ? present | one[step] : present & one[step]);
  }

  #refuseDuplicates(group: MatchGroup, counts: Uint8Array): void {
    const { kinds, stepCount, labels } = this.#one;
    for (let step = 0; step < stepCount; step++) {
      if (counts[step] === 0) continue;
      const present = group.right.filter((row) => kinds[row * stepCount + step] !== ABSENT);
      if (present.length < 2) continue;
      const matched = matchedLabels(labels[present[0]], this.#matching);
      const [first, second] = present.map((row) => labels[row].toString()).sort();
      throw executionFailure(
        `found duplicate series for the match group ${matched} on the ${this.#swapped ? "left" : "right"} ` +
          `hand-side of the operation: [${first}, ${second}];many-to-many matching not allowed: ` +
          "matching labels must be unique on one side",
      );
    }
  }

  *#combineGroup(id: number, { left, right }: MatchGroup): Evaluation<void> {
    const { meter } = this.#context.env;
    const { fillLeft, fillRight } = this.#matching;
    const { stepCount } = this.#out;
    const matched = fillLeft !== undefined ? new Uint8Array(stepCount) : undefined;
    const oneAt = this.#rowsAt(right.length > 1 || fillRight !== undefined ? right : []);
    if (meter.spend(stepCount * right.length)) yield;
    for (const many of left) {
      if (right.length === 1) this.#combinePair(id, many, right[0], matched);
      else if (right.length > 1) this.#combineAlternating(id, many, oneAt, matched);
      if (fillRight !== undefined) this.#fillOne(id, many, oneAt, fillRight, matched);
      if (meter.spend(4 * stepCount)) yield;
    }
    if (fillLeft === undefined) return;
    for (const one of right) {
      this.#fillMany(id, one, fillLeft, matched!);
      if (meter.spend(4 * stepCount)) yield;
    }
  }

  /** Which of the rows of the "one" side has a sample at each step; -1: none. */
  #rowsAt(rows: readonly number[]): Int32Array {
    if (rows.length === 0 && this.#matching.fillRight === undefined) return NO_ROWS;
    const { kinds, stepCount } = this.#one;
    const rowAt = new Int32Array(stepCount).fill(-1);
    for (const row of rows) {
      for (let step = 0; step < stepCount; step++) {
        if (kinds[row * stepCount + step] !== ABSENT) rowAt[step] = row;
      }
    }
    return rowAt;
  }

  /** All steps at which both rows have a sample. */
  #combinePair(
    id: number,
    many: number,
    one: number,
    matched: Uint8Array | undefined,
  ): void {
    const row = this.#resultRow(this.#many.labels[many], this.#one.labels[one], this.#many.dropsName[many]);
    const isSole = !this.#takenBy.has(row) && !matched;
    if (isSole && !this.#many.histograms[many] && !this.#one.histograms[one]) {
      // Later pairs with the same result labels must know what this one has taken.
      this.#soleOwner.set(row, { id, many, one });
      return this.#combineFloats(many, one, row);
    }
    const { stepCount, kinds } = this.#one;
    for (let step = 0; step < stepCount; step++) {
      if (kinds[one * stepCount + step] !== ABSENT) this.#combineAt(id, row, step, many, one, matched);
    }
  }

  /** As `#combinePair`, with rows of the "one" side that take turns. */
  #combineAlternating(id: number, many: number, oneAt: Int32Array, matched: Uint8Array | undefined): void {
    const rowByOne = new Map<number, number>();
    for (let step = 0; step < oneAt.length; step++) {
      const one = oneAt[step];
      if (one < 0 || this.#many.kinds[many * oneAt.length + step] === ABSENT) continue;
      let row = rowByOne.get(one);
      if (row === undefined) {
        row = this.#resultRow(this.#many.labels[many], this.#one.labels[one], this.#many.dropsName[many]);
        rowByOne.set(one, row);
      }
      this.#combineAt(id, row, step, many, one, matched);
    }
  }

  /** One step of a pair, of which the "one" side has a sample there. */
  #combineAt(
    id: number,
    row: number,
    step: number,
    many: number,
    one: number,
    matched: Uint8Array | undefined,
  ): void {
    const manyCell = many * this.#many.stepCount + step;
    if (this.#many.kinds[manyCell] === ABSENT) return;
    const done = this.#combineCells(
      id,
      row,
      step,
      this.#many.values[manyCell],
      this.#many.histograms[many]?.[step],
      this.#one.values[one * this.#one.stepCount + step],
      this.#one.histograms[one]?.[step],
    );
    if (matched && done) matched[step] = 1;
  }

  /** Rows that one pair of float rows filled on its own, so far without notes on which steps it matched. */
  readonly #soleOwner = new Map<number, { id: number; many: number; one: number }>();

  /** The quick way: floats only, and nobody else's cells to mind. */
  #combineFloats(many: number, one: number, row: number): void {
    const { op, returnBool } = this.#node;
    const { stepCount } = this.#out;
    const [left, right] = this.#swapped ? [this.#one, this.#many] : [this.#many, this.#one];
    const leftFirst = (this.#swapped ? one : many) * stepCount;
    const rightFirst = (this.#swapped ? many : one) * stepCount;
    const outFirst = row * stepCount;
    const { kinds, values } = this.#out;
    const operation = isArithmetic(op) ? ARITHMETIC[op] : undefined;
    const holds = isComparison(op) ? COMPARISON[op] : undefined;
    for (let step = 0; step < stepCount; step++) {
      if (left.kinds[leftFirst + step] === ABSENT || right.kinds[rightFirst + step] === ABSENT) continue;
      const a = left.values[leftFirst + step];
      const b = right.values[rightFirst + step];
      if (operation) values[outFirst + step] = operation(a, b);
      else if (!holds) {
        this.#context.env.notes.incompatibleTypes("float", op, "float", this.#node.position);
        continue;
      } else if (returnBool) values[outFirst + step] = holds(a, b) ? 1 : 0;
      else if (holds(a, b)) values[outFirst + step] = a;
      else continue;
      kinds[outFirst + step] = FLOAT;
    }
  }

  /** Steps at which the "one" side has nothing: its fill value stands in. */
  #fillOne(
    id: number,
    many: number,
    oneAt: Int32Array,
    fill: number,
    matched: Uint8Array | undefined,
  ): void {
    const { stepCount, kinds, labels } = this.#many;
    const row = this.#resultRow(
      labels[many],
      matchedLabels(labels[many], this.#matching),
      this.#many.dropsName[many],
    );
    for (let step = 0; step < stepCount; step++) {
      const cell = many * stepCount + step;
      if (kinds[cell] === ABSENT) continue;
      if (oneAt[step] >= 0) continue;
      const histogram = this.#many.histograms[many]?.[step];
      const done = this.#combineCells(id, row, step, this.#many.values[cell], histogram, fill, undefined);
      if (matched && done) matched[step] = 1;
    }
  }

  /** Steps at which nothing on the "many" side matched: its fill value stands in. */
  #fillMany(id: number, one: number, fill: number, matched: Uint8Array): void {
    const { stepCount, kinds, labels } = this.#one;
    const row = this.#resultRow(
      matchedLabels(labels[one], this.#matching),
      labels[one],
      this.#one.dropsName[one],
    );
    for (let step = 0; step < stepCount; step++) {
      const cell = one * stepCount + step;
      if (kinds[cell] === ABSENT || matched[step] === 1) continue;
      this.#combineCells(
        id,
        row,
        step,
        fill,
        undefined,
        this.#one.values[cell],
        this.#one.histograms[one]?.[step],
      );
    }
  }

  /** One step of one pair. @returns whether the two matched, even if a comparison then dropped them */
  #combineCells(
    id: number,
    row: number,
    step: number,
    manyValue: number,
    manyHistogram: Histogram | undefined,
    oneValue: number,
    oneHistogram: Histogram | undefined,
  ): boolean {
    const { op, returnBool, position } = this.#node;
    const many = { value: manyValue, histogram: manyHistogram };
    const one = { value: oneValue, histogram: oneHistogram };
    const [left, right] = this.#swapped ? [one, many] : [many, one];
    const result = left.histogram || right.histogram
      ? combineElements(op, left, right, this.#context.env.notes, position)
      : this.#combineTwoFloats(op, left.value, right.value);
    if (result.kind === "none") return false;
    this.#take(id, row, step);
    const cell = row * this.#out.stepCount + step;
    if (returnBool) this.#out.setFloat(cell, result.kind === "filtered" ? 0 : 1);
    else if (result.kind === "float") this.#out.setFloat(cell, result.value);
    else if (result.kind === "histogram") this.#out.setHistogram(row, step, result.histogram);
    return true;
  }

  #combineTwoFloats(op: BinaryOp, left: number, right: number) {
    if (isArithmetic(op)) return { kind: "float", value: ARITHMETIC[op](left, right) } as const;
    if (isComparison(op)) {
      if (COMPARISON[op](left, right)) return { kind: "float", value: left } as const;
      return { kind: "filtered" } as const;
    }
    this.#context.env.notes.incompatibleTypes("float", op, "float", this.#node.position);
    return { kind: "none" } as const;
  }

  /** Notes that a pair of this group has matched into the row at this step, which may happen once. */
  #take(id: number, row: number, step: number): void {
    let taken = this.#takenBy.get(row);
    if (!taken) this.#takenBy.set(row, taken = this.#takenSoFar(row));
    if (taken[step] === 0) {
      taken[step] = id + 1;
      return;
    }
    if (taken[step] !== id + 1) throw duplicateLabels();
    throw executionFailure(
      this.#matching.cardinality === "one-to-one"
        ? "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
        : "multiple matches for labels: grouping labels must ensure unique matches",
    );
  }

  #takenSoFar(row: number): Int32Array {
    const { stepCount } = this.#out;
    const taken = new Int32Array(stepCount);
    const owner = this.#soleOwner.get(row);
    if (!owner) return taken;
    for (let step = 0; step < stepCount; step++) {
      const both = this.#many.kinds[owner.many * stepCount + step] !== ABSENT &&
        this.#one.kinds[owner.one * stepCount + step] !== ABSENT;
      if (both) taken[step] = owner.id + 1;
    }
    return taken;
  }

  /** The row for these result labels. */
  #resultRow(many: Labels, one: Labels, manyDropsName: boolean): number {
    const { op, returnBool } = this.#node;
    const labels = resultLabels(many, one, op, this.#matching);
    const known = this.#rows.get(labels.key);
    if (known !== undefined) {
      // Shared from now on: what was taken must be known.
      if (!this.#takenBy.has(known)) this.#takenBy.set(known, this.#takenSoFar(known));
      return known;
    }
    this.#out.addRow(labels, returnBool || (isComparison(op) && manyDropsName));
    const row = this.#out.rowCount - 1;
    this.#rows.set(labels.key, row);
    return row;
  }
}

/** Labels of what comes of two elements: those of the "many" side, less and more what the matching says. */
function resultLabels(many: Labels, one: Labels, op: BinaryOp, matching: Matching): Labels {
  let labels = isArithmetic(op) ? withoutMetadata(many) : many;
  if (matching.cardinality === "one-to-one") {
    const names = new Set(matching.labels);
    labels = matching.on ? labels.keep(names) : labels.drop(names);
  }
  for (const name of matching.include) labels = labels.with(name, one.get(name));
  return labels;
}
