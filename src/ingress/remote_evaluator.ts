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
      return resultOf(JSON.parse(await boundedText(response)));
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
  const common = { query: query.expr, timeout: `${query.timeoutMs}ms` };
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

/** What the API's JSON means. Whatever does not look like its documented shape is an error, never an empty answer. */
function resultOf(answer: unknown): QueryResult {
  const { status, data, error } = answer as { status?: string; data?: RemoteData; error?: string };
  if (status !== "success" || !data) {
    return failed("execution", `the remote API says: ${error ?? "no result"}`);
  }
  const value = valueOf(data);
  return value
    ? { kind: "ok", value, annotations: [], stats: NO_STATS }
    : failed("execution", `the remote API answered with a ${data.resultType}`);
}

/** A point of the API: [unix seconds, value as text]. */
type Point = readonly [seconds: number, value: string];

interface RemoteData {
  readonly resultType: string;
  readonly result: unknown;
}

interface RemoteSeries {
  readonly metric: Record<string, string>;
  readonly value?: Point;
  readonly values?: readonly Point[];
  readonly histogram?: unknown;
  readonly histograms?: readonly unknown[];
}

function valueOf({ resultType, result }: RemoteData): QueryValue | undefined {
  switch (resultType) {
    case "scalar":
      return { kind: "scalar", timestampMs: msOf(result as Point), value: numberOf((result as Point)[1]) };
    case "string":
      return { kind: "string", timestampMs: msOf(result as Point), value: (result as Point)[1] };
    case "vector":
      return { kind: "vector", samples: (result as RemoteSeries[]).map(vectorSample) };
    case "matrix":
      return { kind: "matrix", series: (result as RemoteSeries[]).map(matrixSeries) };
    default:
      return undefined;
  }
}

/** A histogram can be no verdict, so NaN stands in for it: it never equals 1. */
function vectorSample({ metric, value }: RemoteSeries): VectorSample {
  const labels = Labels.from(metric);
  return value
    ? { labels, timestampMs: msOf(value), value: numberOf(value[1]), histogram: undefined }
    : { labels, timestampMs: 0, value: NaN, histogram: undefined };
}

function matrixSeries({ metric, values = [], histograms = [] }: RemoteSeries): MatrixSeries {
  const points = histograms.length > 0 ? [...values, [0, "NaN"] as Point] : values;
  return {
    labels: Labels.from(metric),
    timestamps: Float64Array.from(points, msOf),
    values: Float64Array.from(points, (point) => numberOf(point[1])),
    histograms: undefined,
  };
}

function msOf(point: Point): number {
  return point[0] * 1_000;
}

function numberOf(text: string): number {
  if (text === "+Inf") return Infinity;
  return text === "-Inf" ? -Infinity : Number(text);
}

function failed(kind: QueryError["kind"], message: string): QueryResult {
  return { kind: "error", error: { kind, message } };
}
