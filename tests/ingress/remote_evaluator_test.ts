import assert from "node:assert/strict";
import { SystemClock } from "../../src/base/clock.ts";
import type { HealthQuery } from "../../src/config/mod.ts";
import { remoteEvaluator } from "../../src/ingress/remote_evaluator.ts";
import { findingOf } from "../../src/ingress/verdict.ts";
import { freePort } from "../support/free_port.ts";

const INSTANT: HealthQuery = { kind: "instant", expr: "up", timeoutMs: 5_000, relativeTimeMs: -1_500 };
const RANGE: HealthQuery = {
  kind: "range",
  expr: "up",
  timeoutMs: 5_000,
  relativeStartMs: -10_000,
  relativeEndMs: 0,
  intervalMs: 500,
};
const NOW_MS = 1_700_000_000_000;

/** A Prometheus-compatible API that answers everything alike, and keeps what it was asked. */
function remoteApi(answer: () => Response | Promise<Response>) {
  const asked: { path: string; form: Record<string, string> }[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const form = Object.fromEntries(new URLSearchParams(await request.text()));
    asked.push({ path: new URL(request.url).pathname, form });
    return await answer();
  });
  return {
    asked,
    url: `http://127.0.0.1:${server.addr.port}/base/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const success = (resultType: string, result: unknown) =>
  Response.json({ status: "success", data: { resultType, result } });
const metric = { probe: "a" };

const cases: { name: string; answer: () => Response; want: string; reason?: RegExp }[] = [
  { name: "a scalar of 1", answer: () => success("scalar", [1, "1"]), want: "healthy" },
  { name: "a scalar of 0", answer: () => success("scalar", [1, "0"]), want: "unhealthy" },
  { name: "a scalar that is no text", answer: () => success("scalar", [1, 1]), want: "error" },
  { name: "a string of 1", answer: () => success("string", [1, "1"]), want: "healthy" },
  {
    name: "a vector of ones",
    answer: () => success("vector", [{ metric, value: [1, "1"] }]),
    want: "healthy",
  },
  { name: "an empty vector", answer: () => success("vector", []), want: "no_data" },
  { name: "a vector element without a value", answer: () => success("vector", [{ metric }]), want: "error" },
  {
    name: "a native histogram",
    answer: () => success("vector", [{ metric, histogram: [1, { count: "1", sum: "1" }] }]),
    want: "unhealthy",
  },
  {
    name: "a matrix of ones",
    answer: () => success("matrix", [{ metric, values: [[1, "1"], [2, "1"]] }]),
    want: "healthy",
  },
  {
    name: "a matrix with a 0",
    answer: () => success("matrix", [{ metric, values: [[1, "1"], [2, "0"]] }]),
    want: "unhealthy",
  },
  {
    name: "a matrix with a 0 at a time that no date has",
    answer: () => success("matrix", [{ metric, values: [[1e300, "0"]] }]),
    want: "unhealthy",
  },
  {
    name: "a matrix with native histograms",
    answer: () => success("matrix", [{ metric, values: [[1, "1"]], histograms: [[2, {}]] }]),
    want: "unhealthy",
  },
  { name: "a series without points", answer: () => success("matrix", [{ metric }]), want: "error" },
  {
    name: "a series with no points",
    answer: () => success("matrix", [{ metric, values: [] }]),
    want: "error",
  },
  { name: "a type that there is not", answer: () => success("tensor", []), want: "error", reason: /tensor/ },
  { name: "a vector that is none", answer: () => success("vector", { metric }), want: "error" },
  {
    name: "an error",
    answer: () =>
      Response.json({ status: "error", errorType: "execution", error: "too\nmuch" }, { status: 422 }),
    want: "error",
    reason: /^the query failed: the remote API says: too much$/,
  },
  {
    name: "a page",
    answer: () => new Response("<html>", { status: 404 }),
    want: "error",
    reason: /^the query failed: the remote API: it answered 404, and not as/,
  },
  { name: "nothing", answer: () => new Response(), want: "error", reason: /answered 200/ },
  { name: "null", answer: () => new Response("null"), want: "error", reason: /answered 200/ },
  {
    name: "a success with a failure's status",
    answer: () => new Response(success("scalar", [1, "1"]).body, { status: 500 }),
    want: "error",
    reason: /500/,
  },
  { name: "a redirect", answer: () => Response.redirect("http://127.0.0.1:1/"), want: "error" },
  {
    name: "more than is read",
    answer: () => new Response(" ".repeat(5 << 20) + "{}"),
    want: "error",
    reason: /larger/,
  },
  { name: "a very long error", answer: () => Response.json({ error: "x".repeat(1 << 20) }), want: "error" },
];
for (const { name, answer, want, reason = /./ } of cases) {
  Deno.test(`a remote API's answer with ${name} is ${want}`, async () => {
    await using api = remoteApi(answer);
    const finding = findingOf(await remoteEvaluator(INSTANT, api.url, new SystemClock())(NOW_MS));
    assert.equal(finding.kind, want, finding.reason);
    assert.match(finding.reason, reason);
    assert.ok(finding.reason.length < 500 && !finding.reason.includes("\n"), finding.reason);
  });
}

Deno.test("a remote API is asked what Prometheus' documentation says", async () => {
  await using api = remoteApi(() => success("scalar", [1, "1"]));
  for (const query of [INSTANT, RANGE]) await remoteEvaluator(query, api.url, new SystemClock())(NOW_MS);
  assert.deepEqual(api.asked, [
    { path: "/base/api/v1/query", form: { query: "up", timeout: "5000ms", time: "1699999998.5" } },
    {
      path: "/base/api/v1/query_range",
      form: { query: "up", timeout: "5000ms", start: "1699999990", end: "1700000000", step: "0.5" },
    },
  ]);
});

Deno.test("a remote API that hangs, or is not there, is an error in time", async () => {
  const never = Promise.withResolvers<Response>();
  await using api = remoteApi(() => never.promise);
  const hangs = await remoteEvaluator({ ...INSTANT, timeoutMs: 50 }, api.url, new SystemClock())(NOW_MS);
  never.resolve(new Response());
  assert.deepEqual(hangs, {
    kind: "error",
    error: { kind: "timeout", message: "no answer from the remote API in 50 ms" },
  });
  const url = `http://127.0.0.1:${freePort()}`;
  assert.equal(findingOf(await remoteEvaluator(INSTANT, url, new SystemClock())(NOW_MS)).kind, "error");
});
