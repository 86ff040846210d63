import type { Clock } from "../../base/clock.ts";
import type { Steps } from "../../base/steps.ts";
import type { Queryable } from "../../model/store.ts";
import {
  type Annotation,
  type Engine,
  type Expr,
  parseExprInSteps,
  prettyPrintInSteps,
  type QueryLimits,
  type QueryResult,
  type QueryStats,
  type QueryValue,
  release,
  renderAnnotation,
  toJson,
} from "../../query/mod.ts";
import type { Request } from "../answer.ts";
import { type Call, type Reply, reply, TRUNCATED } from "./envelope.ts";
import { gathered, stringPieces } from "./in_turns.ts";
import { type Form, invalid, MAX_TIME_MS, MIN_TIME_MS } from "./form.ts";
import { ApiProblem, problemOf } from "./problem.ts";
import { resultPieces, sampleCount } from "./result_json.ts";
import type { Share } from "./share.ts";

export interface QueryCallDeps {
  readonly engine: Engine;
  readonly store: Queryable;
  readonly clock: Clock;
}

/** Most steps of a range query, as in Prometheus. */
const MAX_STEPS = 11_000;

/** `query`: one moment. */
export function instantCall({ engine, store, clock }: QueryCallDeps, share: Share): Call {
  return async (form, request, work) => {
    const limit = form.limit();
    const timeMs = form.time("time", clock.wallNow());
    const query = form.text("query");
    const running = engine.instant(store, query, timeMs, limitsOf(form, request, engine));
    work.rest();
    const result = await running;
    return await work.onTurn(() => replyOf(result, query, limit, form.text("stats"), engine, share));
  };
}

/** `query_range`: from start to end in steps. */
export function rangeCall({ engine, store }: QueryCallDeps, share: Share): Call {
  return async (form, request, work) => {
    const limit = form.limit();
    const startMs = form.time("start");
    const endMs = form.time("end");
    if (endMs < startMs) throw invalid("end", "end timestamp must not be before start time");
    const stepMs = form.requiredDuration("step");
    if (stepMs <= 0) {
      throw invalid(
        "step",
        "zero or negative query resolution step widths are not accepted. Try a positive integer",
      );
    }
    if (Math.floor((endMs - startMs) / stepMs) > MAX_STEPS) {
      throw new ApiProblem(
        "bad_data",
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
      );
    }
    const query = form.text("query");
    const running = engine.range(store, query, startMs, endMs, stepMs, limitsOf(form, request, engine));
    work.rest();
    const result = await running;
    return await work.onTurn(() => replyOf(result, query, limit, form.text("stats"), engine, share));
  };
}

/** `format_query`: the query as Prometheus' formatter writes it. */
export const formatCall: Call = async (form, _request, work) => {
  const expr = await work.follow(parsing(form));
  return { data: stringPieces(await work.follow(prettyPrintInSteps(expr))) };
};

/** `parse_query`: the query's tree. */
export const parseCall: Call = async (form, _request, work) => ({
  data: gathered(toJson(await work.follow(parsing(form)))),
});

/** `query_exemplars`: none are kept; what is wrong with the call is said all the same. */
export const exemplarsCall: Call = async (form, _request, work) => {
  const startMs = form.time("start", MIN_TIME_MS);
  if (form.time("end", MAX_TIME_MS) < startMs) {
    throw new ApiProblem("bad_data", "end timestamp must not be before start timestamp");
  }
  await work.follow(parsing(form));
  return reply([]);
};

function* parsing(form: Form): Steps<Expr> {
  const result = yield* parseExprInSteps(form.text("query"));
  if (result.kind === "error") throw invalid("query", result.errors[0].message);
  return result.expr;
}

/** A client may ask for a shorter time-out than the configuration's, not for a longer one. */
function limitsOf(form: Form, request: Request, engine: Engine): QueryLimits {
  return {
    timeoutMs: Math.min(form.duration("timeout") ?? Infinity, engine.options.timeoutMs),
    lookbackMs: lookback(form),
    signal: request.signal,
  };
}

function lookback(form: Form): number | undefined {
  try {
    const lookbackMs = form.duration("lookback_delta") ?? 0;
    return lookbackMs > 0 ? lookbackMs : undefined;
  } catch {
    const value = JSON.stringify(form.text("lookback_delta"));
    throw new ApiProblem(
      "bad_data",
      `error parsing lookback delta duration: cannot parse ${value} to a valid duration`,
    );
  }
}

function replyOf(
  result: QueryResult,
  query: string,
  limit: number,
  stats: string,
  engine: Engine,
  share: Share,
): Reply {
  if (result.kind === "error") throw problemOf(result.error);
  const value = truncated(result.value, limit);
  const samples = sampleCount(value);
  if (share.heldSamples > 0 && share.heldSamples + samples > engine.options.maxSamples) {
    release(result.value);
    throw new ApiProblem("unavailable", "too many large results are being sent");
  }
  if (!engine.options.hasRoom()) {
    release(result.value);
    throw new ApiProblem("unavailable", "there is too little memory left to send this result");
  }
  const warnings = texts(result.annotations, "warning", query);
  if (value !== result.value) warnings.push(TRUNCATED);
  if (stats !== "" && stats !== "true" && stats !== "all") {
    warnings.push(
      `value ${
        JSON.stringify(stats)
      } for parameter "stats" is deprecated and will be rejected in the next major ` +
        `release, use "true" or "all"`,
    );
  }
  return {
    data: dataOf(
      value,
      stats === "" ? "}" : `,"stats":${JSON.stringify(statsJson(result.stats))}}`,
      () => release(result.value),
    ),
    samples,
    warnings: capped(warnings, "warning"),
    infos: capped(texts(result.annotations, "info", query), "info"),
  };
}

function* dataOf(value: QueryValue, end: string, onEnd: () => void): Generator<string, void, void> {
  try {
    let beginning = "{";
    let piece = "";
    for (const next of resultPieces(value)) {
      if (piece !== "") yield piece;
      piece = beginning + next;
      beginning = "";
    }
    yield piece + end;
  } finally {
    onEnd();
  }
}

function texts(annotations: readonly Annotation[], level: Annotation["level"], query: string): string[] {
  return annotations.filter((annotation) => annotation.level === level)
    .map((annotation) => renderAnnotation(annotation, query));
}

/** Annotations of one level that are told; of more, only how many there are. */
const MAX_ANNOTATIONS = 10;

function capped(texts: readonly string[], level: Annotation["level"]): readonly string[] {
  const left = texts.length - MAX_ANNOTATIONS;
  if (left <= 0) return texts;
  return [...texts.slice(0, MAX_ANNOTATIONS), `${left} more ${level} annotations omitted`];
}

function truncated(value: QueryValue, limit: number): QueryValue {
  if (limit === 0) return value;
  if (value.kind === "vector" && value.samples.length > limit) {
    return { ...value, samples: value.samples.slice(0, limit) };
  }
  if (value.kind === "matrix" && value.series.length > limit) {
    return { ...value, series: value.series.slice(0, limit) };
  }
  return value;
}

/** As Prometheus groups them; what it measures and we do not is 0. */
function statsJson({ samplesTotal, samplesPeak, evaluationMs }: QueryStats) {
  const seconds = evaluationMs / 1_000;
  return {
    timings: {
      evalTotalTime: seconds,
      resultSortTime: 0,
      queryPreparationTime: 0,
      innerEvalTime: seconds,
      execQueueTime: 0,
      execTotalTime: seconds,
    },
    samples: { totalQueryableSamples: samplesTotal, peakSamples: samplesPeak },
  };
}
