import type { Labels } from "../model/labels.ts";
import type { Matcher } from "../model/matcher.ts";
import { MatcherMemo } from "./matcher_memo.ts";

/** Series numbers in ascending order, growing at the end. */
class Postings {
  numbers = new Uint32Array(4);
  length = 0;

  push(number: number): void {
    if (this.length === this.numbers.length) {
      const larger = new Uint32Array(this.length * 2);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.length++] = number;
  }

  /** Keeps those that aren't in the set. */
  without(gone: ReadonlySet<number>): void {
    let kept = 0;
    for (let i = 0; i < this.length; i++) {
      const number = this.numbers[i];
      if (!gone.has(number)) this.numbers[kept++] = number;
    }
    this.length = kept;
  }
}

/**
 * The head's inverted index: label name → value → the numbers of the series that have it. New series have the
 * highest number yet, so every list stays sorted by adding to its end.
 */
export class PostingsIndex {
  readonly #all = new Postings();
  readonly #values = new Map<string, Map<string, Postings>>();
  readonly #memo: MatcherMemo;

  constructor(memo: MatcherMemo = new MatcherMemo()) {
    this.#memo = memo;
  }

  get seriesCount(): number {
    return this.#all.length;
  }

  add(number: number, labels: Labels): void {
    this.#all.push(number);
    const { flat } = labels;
    for (let i = 0; i < flat.length; i += 2) {
      let values = this.#values.get(flat[i]);
      if (!values) this.#values.set(flat[i], values = new Map());
      let postings = values.get(flat[i + 1]);
      if (!postings) values.set(flat[i + 1], postings = new Postings());
      postings.push(number);
    }
  }

  /** Takes series out; `labelsOf` tells what they were filed under. */
  remove(gone: ReadonlySet<number>, labelsOf: (number: number) => Labels): void {
    this.#all.without(gone);
    const touched = new Map<string, Set<string>>();
    for (const number of gone) {
      for (const [name, value] of labelsOf(number)) {
        let values = touched.get(name);
        if (!values) touched.set(name, values = new Set());
        values.add(value);
      }
    }
    for (const [name, affected] of touched) {
      const values = this.#values.get(name)!;
      for (const value of affected) {
        const postings = values.get(value)!;
        postings.without(gone);
        if (postings.length === 0) values.delete(value);
      }
      if (values.size === 0) this.#values.delete(name);
    }
  }

  /** Label names in use, sorted. */
  names(): string[] {
    return [...this.#values.keys()].sort();
  }

  /** One label's values in use, sorted. */
  valuesOf(name: string): string[] {
    return [...this.#values.get(name)?.keys() ?? []].sort();
  }

  /**
   * Calls `found` with the number of each series in which every matcher holds. The matcher that promises the
   * fewest series gives the candidates; the others are asked about each candidate's label.
   */
  select(
    matchers: readonly Matcher[],
    labelsOf: (number: number) => Labels,
    found: (number: number) => void,
  ): void {
    const { lists, by } = this.#candidates(matchers);
    const others = matchers.filter((matcher) => matcher !== by);
    for (const list of lists) {
      for (let i = 0; i < list.length; i++) {
        const labels = labelsOf(list.numbers[i]);
        let all = true;
        for (let m = 0; all && m < others.length; m++) {
          all = this.#memo.matches(others[m], labels.get(others[m].name));
        }
        if (all) found(list.numbers[i]);
      }
    }
  }

  /** The shortest lists that a single matcher leads to, disjoint since a series has one value a label. */
  #candidates(matchers: readonly Matcher[]): { lists: readonly Postings[]; by: Matcher | undefined } {
    let best: { lists: readonly Postings[]; by: Matcher | undefined } = { lists: [this.#all], by: undefined };
    let fewest = this.#all.length;
    for (const matcher of matchers) {
      if (matcher.matches("")) continue; // series without the label match too, and no list names them
      const lists = this.#listsOf(matcher);
      const size = lists.reduce((sum, list) => sum + list.length, 0);
      if (size > fewest || (size === fewest && best.by !== undefined)) continue;
      fewest = size;
      best = { lists, by: matcher };
    }
    return best;
  }

  #listsOf(matcher: Matcher): Postings[] {
    const values = this.#values.get(matcher.name);
    if (!values) return [];
    const lists: Postings[] = [];
    if (matcher.literals && (matcher.kind === "=" || matcher.kind === "=~")) {
      for (const literal of new Set(matcher.literals)) {
        const list = values.get(literal);
        if (list) lists.push(list);
      }
      return lists;
    }
    for (const [value, list] of values) if (this.#memo.matches(matcher, value)) lists.push(list);
    return lists;
  }
}
