import { patternWeight } from "../../base/regex.ts";
import type { Steps } from "../../base/steps.ts";
import { compareLabels, type Labels } from "../../model/labels.ts";
import type { Matcher } from "../../model/matcher.ts";
import type { Queryable, Selection } from "../../model/store.ts";
import { parseSelectorInSteps } from "../../query/mod.ts";
import type { Request } from "../answer.ts";
import { type Call, type Reply, reply, TRUNCATED } from "./envelope.ts";
import { type Form, invalid, MAX_TIME_MS, MIN_TIME_MS } from "./form.ts";
import { eachInTurns, listPieces, sortedInTurns } from "./in_turns.ts";
import { ApiProblem } from "./problem.ts";
import { metric } from "./result_json.ts";
import type { Work } from "./share.ts";

/** Most `match[]` parameters of one call. */
const MAX_SELECTORS = 100;

/** What the regular expressions of all selectors may weigh together: making them is slow. */
const MAX_PATTERNS_WEIGHT = 5_000;

/** `series`: label sets of the series that any selector matches. */
export function seriesCall(store: Queryable): Call {
  return async (form, _request, work) => {
    if (form.all("match[]").length === 0) throw new ApiProblem("bad_data", "no match[] parameter provided");
    const limit = form.limit();
    const selections = await selectionsOf(form, work);
    const found = new Map<string, Labels>();
    for (const selection of selections) {
      await prepare(store, selection, work);
      await eachInTurns(store.select(selection), work, ({ labels }) => found.set(labels.key, labels));
      if (work.isDue) await work.turn();
    }
    const sorted = await sortedInTurns([...found.values()], compareLabels, work);
    const isCut = limit > 0 && sorted.length > limit;
    const shown = isCut ? sorted.slice(0, limit) : sorted;
    return { data: listPieces(shown, metric), warnings: isCut ? [TRUNCATED] : undefined };
  };
}

/** `labels`: label names. */
export function labelNamesCall(store: Queryable): Call {
  return async (form, _request, work) => {
    const limit = form.limit();
    const selections = await selectionsOrAll(form, work);
    return limited(await union(store, selections, (selection) => store.labelNames(selection), work), limit);
  };
}

/** `label/<name>/values`. */
export function labelValuesCall(store: Queryable): Call {
  return async (form, request, work) => {
    const name = labelName(request);
    const limit = form.limit();
    const selections = await selectionsOrAll(form, work);
    const found = await union(store, selections, (selection) => store.labelValues(name, selection), work);
    return limited(found, limit);
  };
}

/** Whether the path below `label/` is that of a call: `<name>/values`. */
const LABEL_PATH = /^api\/v1\/label\/([^/]+)\/values$/;

function labelName(request: Request): string {
  const name = LABEL_PATH.exec(request.path)?.[1];
  if (name === undefined) {
    throw new ApiProblem("not_found", "no such call; did you mean label/<name>/values?");
  }
  return name.startsWith("U__") ? unescaped(name) : name;
}

/** Prometheus' escaping of names that are no plain identifiers: `U__`, `__` for `_`, `_2e_` for a code point in hex. */
function unescaped(name: string): string {
  return name.slice(3).replaceAll(/__|_([0-9a-f]{1,6})_/g, (whole, hex) => {
    if (whole === "__") return "_";
    const code = parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

async function prepare(store: Queryable, selection: Selection, work: Work): Promise<void> {
  if (store.preparing) await work.follow(store.preparing(selection));
}

/** What is found by any selection, sorted. */
async function union(
  store: Queryable,
  selections: readonly Selection[],
  find: (selection: Selection) => string[],
  work: Work,
): Promise<string[]> {
  const found = new Set<string>();
  for (const selection of selections) {
    await prepare(store, selection, work);
    if (selections.length === 1) return find(selection);
    for (const text of find(selection)) found.add(text);
    if (work.isDue) await work.turn();
  }
  return [...found].sort();
}

function limited(values: readonly unknown[], limit: number): Reply {
  return limit > 0 && values.length > limit ? reply(values.slice(0, limit), [TRUNCATED]) : reply(values);
}

async function selectionsOrAll(form: Form, work: Work): Promise<Selection[]> {
  const selections = await selectionsOf(form, work);
  return selections.length > 0 ? selections : [{ matchers: [], ...rangeOf(form) }];
}

async function selectionsOf(form: Form, work: Work): Promise<Selection[]> {
  const texts = form.all("match[]");
  if (texts.length > MAX_SELECTORS) throw invalid("match[]", `there are more than ${MAX_SELECTORS}`);
  const range = rangeOf(form);
  const selections: Selection[] = [];
  let weight = 0;
  for (const text of texts) {
    const matchers = await work.follow(matchersOf(text));
    for (const { literals, value } of matchers) if (literals === undefined) weight += patternWeight(value);
    if (weight > MAX_PATTERNS_WEIGHT) {
      throw invalid("match[]", "the selectors' regular expressions are too large together");
    }
    selections.push({ matchers, ...range });
    if (work.isDue) await work.turn();
  }
  return selections;
}

function rangeOf(form: Form): Omit<Selection, "matchers"> {
  return { minTimeMs: form.time("start", MIN_TIME_MS), maxTimeMs: form.time("end", MAX_TIME_MS) };
}

function* matchersOf(text: string): Steps<readonly Matcher[]> {
  const result = yield* parseSelectorInSteps(text);
  if (result.kind === "error") throw invalid("match[]", result.errors[0].message);
  if (result.matchers.every((matcher) => matcher.matches(""))) {
    throw invalid("match[]", "match[] must contain at least one non-empty matcher");
  }
  return result.matchers;
}
