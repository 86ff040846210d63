import { callAt, type Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { HealthQuery } from "../config/mod.ts";
import { Labels } from "../model/labels.ts";
import type { MatrixSeries, QueryError, QueryResult, QueryValue, VectorSample } from "../query/mod.ts";
import type { Evaluator } from "./evaluator.ts";

/** Largest answer that is read from a remote API. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

const NO_STATS = { samplesTotal: 0, samplesPeak: 0, evaluationMs: 0 };

/**
 * Puts a health query to a Prometheus-compatible HTTP API (Prometheus, docs/querying/api). `url` is the API's base,
 * such as http://prometheus:9090. The query's time-out covers connecting, waiting and reading.
 */
export function remoteEvaluator(query: HealthQuery, url: string, clock: Clock): Evaluator {
  const base = url.replace(/\/+$/, "");
  return async (nowMs) => {
    const gaveUp = new AbortController();
    using _limit = callAt(clock, clock.now() + query.timeoutMs, () => gaveUp.abort());
    try {
      const response = await fetch(`${base}/api/v1/${query.kind === "instant" ? "query" : "query_range"}`, {
        method: "POST",
        body: parameters(query, nowMs),
        signal: gaveUp.signal,
        redirect: "error",
      });
      return resultOf(await boundedText(response), response.status);
    } catch (error) {
      if (gaveUp.signal.aborted) {
        return failed("timeout", `no answer from the remote API in ${query.timeoutMs} ms`);
      }
      return failed("execution", `the remote API: ${messageOf(error)}`);
    }
  };
}

function parameters(query: HealthQuery, nowMs: number): URLSearchParams {
  const seconds = (timeMs: number) => String(timeMs / 1_000);
  const common = { query: query.expr, timeout: `${Math.ceil(query.timeoutMs)}ms` };
  return new URLSearchParams(
    query.kind === "instant" ? { ...common, time: seconds(nowMs + query.relativeTimeMs) } : {
      ...common,
      start: seconds(nowMs + query.relativeStartMs),
      end: seconds(nowMs + query.relativeEndMs),
      step: seconds(query.intervalMs),
    },
  );
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`its answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

interface RemoteAnswer {
  readonly status?: string;
  readonly data?: RemoteData;
  readonly error?: string;
}

/** What the API's JSON means. @throws where it does not look like its documented shape: that is never an empty answer */
function resultOf(text: string, status: number): QueryResult {
  const { status: word, data, error } = answerIn(text, status);
  if (word !== "success" || !data) {
    return failed("execution", `the remote API says: ${error ?? "no result"}`);
  }
  if (status !== 200) throw new Error(`its status is ${status}`);
  return { kind: "ok", value: valueOf(data), annotations: [], stats: NO_STATS };
}

function answerIn(text: string, status: number): RemoteAnswer {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // said below: a parser's words about a page would tell nobody what is wrong
  }
  if (typeof answer === "object" && answer !== null) return answer;
  throw new Error(`it answered ${status}, and not as Prometheus' API does`);
}

interface RemoteData {
  readonly resultType: string;
  readonly result: unknown;
}

interface RemoteSeries {
  readonly metric: Record<string, string>;
  readonly value?: unknown;
  readonly values?: readonly unknown[];
  readonly histogram?: unknown;
  readonly histograms?: readonly unknown[];
}

function valueOf({ resultType, result }: RemoteData): QueryValue {
  switch (resultType) {
    case "scalar": {
      const { timestampMs, text } = pointOf(result);
      return { kind: "scalar", timestampMs, value: numberOf(text) };
    }
    case "string": {
      const { timestampMs, text } = pointOf(result);
      return { kind: "string", timestampMs, value: text };
    }
    case "vector":
      return { kind: "vector", samples: (result as RemoteSeries[]).map(vectorSample) };
    case "matrix":
      return { kind: "matrix", series: (result as RemoteSeries[]).map(matrixSeries) };
    default:
      throw new Error(`it answered with a ${resultType}`);
  }
}

/** A histogram can be no verdict, so NaN stands in for it: it never equals 1. */
const HISTOGRAM = { timestampMs: 0, text: "NaN" };

function vectorSample({ metric, value, histogram }: RemoteSeries): VectorSample {
  const { timestampMs, text } = histogram === undefined ? pointOf(value) : HISTOGRAM;
  return { labels: Labels.from(metric), timestampMs, value: numberOf(text), histogram: undefined };
}

function matrixSeries({ metric, values = [], histograms = [] }: RemoteSeries): MatrixSeries {
  const points = [...values.map(pointOf), ...histograms.map(() => HISTOGRAM)];
  if (points.length === 0) throw new Error("one of its series has no points");
  return {
    labels: Labels.from(metric),
    timestamps: Float64Array.from(points, ({ timestampMs }) => timestampMs),
    values: Float64Array.from(points, ({ text }) => numberOf(text)),
    histograms: undefined,
  };
}

/** A point of the API: [unix seconds, value as text]. */
function pointOf(point: unknown): { readonly timestampMs: number; readonly text: string } {
  const [seconds, text] = Array.isArray(point) ? point : [];
  if (typeof seconds !== "number" || typeof text !== "string") throw new Error("one of its points is none");
  return { timestampMs: seconds * 1_000, text };
}

function numberOf(text: string): number {
  if (text === "+Inf") return Infinity;
  return text === "-Inf" ? -Infinity : Number(text);
}

function failed(kind: QueryError["kind"], message: string): QueryResult {
  return { kind: "error", error: { kind, message } };
}
