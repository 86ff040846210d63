import { SystemClock } from "../base/clock.ts";
import type { ApiData, Question, Told } from "./query.ts";

/** How long the API may take, ms. */
const TIMEOUT_MS = 30_000;

interface Answer {
  readonly status?: string;
  readonly data?: ApiData;
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

/** Puts the question to a Prometheus-compatible HTTP API. @throws when it can't be reached */
export async function askApi(
  url: string,
  { query, timeMs = new SystemClock().wallNow(), range, lookbackMs }: Question,
): Promise<Told> {
  const seconds = (ms: number) => String(ms / 1_000);
  const form = new URLSearchParams({ query });
  if (range) {
    form.set("start", seconds(timeMs - range.reachMs));
    form.set("end", seconds(timeMs));
    form.set("step", seconds(range.stepMs));
  } else form.set("time", seconds(timeMs));
  if (lookbackMs !== undefined) form.set("lookback_delta", seconds(lookbackMs));
  const response = await fetch(`${url.replace(/\/+$/, "")}/api/v1/${range ? "query_range" : "query"}`, {
    method: "POST",
    body: form,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = answerIn(await response.text());
  if (answer?.status !== "success" || !answer.data) {
    const { status, url } = response;
    const message = answer?.error ?? `${url} answered ${status}, and not as Prometheus' API does`;
    return { kind: "error", message };
  }
  return { kind: "ok", data: answer.data, remarks: [...answer.warnings ?? [], ...answer.infos ?? []] };
}

/** `undefined`: it is no JSON. */
function answerIn(body: string): Answer | undefined {
  try {
    return JSON.parse(body) as Answer;
  } catch {
    return undefined;
  }
}
