import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { httpPeer } from "../support/http_peer.ts";
import { rawHttp } from "../support/raw_http.ts";
import { tempDir } from "../support/temp_dir.ts";
import { ask, config, started } from "./service_rig.ts";

const MANY_SAMPLES = `api/v1/query?query=${encodeURIComponent("count_over_time(vector(1)[100s:1s])")}`;

Deno.test("service: a configuration that is refused leaves none of its query limits behind", async () => {
  await using taken = await httpPeer();
  await using running = await started(config({}));
  const { service } = running;
  const refused = await service.apply(config({ port: taken.port, maxSamples: 10 }));
  assert.equal(refused.kind, "refused");
  assert.match(await ask(service, MANY_SAMPLES), /^200 .*"100"/);
  assert.equal((await service.apply(config({ endpoint: ", description: changed" }))).kind, "applied");
  assert.match(await ask(service, MANY_SAMPLES), /^200 .*"100"/);
});

Deno.test("service: verdicts and their series go on over a reload that changes limits and the endpoint", async () => {
  const endpoint = ", forMilliseconds: { healthy: 50 }";
  await using running = await started(config({ endpoint }));
  const { service } = running;
  while (!(await ask(service, "ready")).startsWith("200")) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await service.apply(config({ endpoint: `${endpoint}, description: changed`, maxSamples: 2_000 }));
  assert.match(await ask(service, "api/v1/query?query=bunny_health_verdict"), /"value":\[[\d.]+,"1"\]/);
  assert.match(await ask(service, "ready"), /^200 healthy/);
});

/** A request whose body never comes to its end, as bytes. */
const HALF_A_REQUEST =
  "POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
  "Content-Length: 100\r\n\r\nquery=";

Deno.test("service: a slow client on the old port holds up neither a reload nor the stop", async () => {
  const running = await started(config({ httpServer: "readTimeoutMilliseconds: 60000" }));
  const { service } = running;
  const slow = rawHttp(service.port, HALF_A_REQUEST, 30_000);
  while (!/"numSeries":\d/.test(await ask(service, "api/v1/status/tsdb"))); // the other one is being served by now
  const startedAt = performance.now();
  await service.apply(config({ port: freePort() }));
  assert.match(await ask(service, "ready"), /^200/);
  await service.stop(500);
  assert.ok((await slow).ended);
  assert.ok(performance.now() - startedAt < 3_000, `it took ${performance.now() - startedAt} ms`);
});

Deno.test("service: a configuration that comes during the stop is refused", async () => {
  const running = await started(config({}));
  const stopped = running.service.stop(1_000);
  assert.equal((await running.service.apply(config({ port: freePort() }))).kind, "refused");
  await stopped;
});

Deno.test("service: a reload that failed is seen at once", async () => {
  await using running = await started(config({}));
  const { service } = running;
  service.reloaded(false);
  assert.match(await ask(service, "otel-metrics"), /\nbunny_config_last_reload_successful 0\n/);
  const query = "bunny_config_last_reload_successful%2Bbunny_config_reload_failures_total";
  assert.match(await ask(service, `api/v1/query?query=${query}`), /"value":\[[\d.]+,"1"\]/);
});

Deno.test("service: each query is told to whoever asks for the component's whispers", async () => {
  const logged: string[] = [];
  await using running = await started(config({}), logged);
  await ask(running.service, "api/v1/query?query=1%2B1");
  await ask(running.service, "ready");
  const lines = logged.map((line) => JSON.parse(line)).filter(({ component }) => component === "query");
  assert.deepEqual(lines.map(({ level, kind, text, outcome }) => ({ level, kind, text, outcome })), [
    { level: "DEBUG", kind: "instant", text: "1+1", outcome: "ok" },
    { level: "DEBUG", kind: "instant", text: undefined, outcome: "ok" },
  ]);
});

Deno.test("service: damage that the start found in the log is told", async () => {
  using dir = tempDir();
  dir.write("wal/00000000", new Uint8Array(100).fill(1));
  await using running = await started(config({ tsdbPath: dir.path }));
  assert.match(await ask(running.service, "api/v1/status/runtimeinfo"), /"corruptionCount":1\b/);
  assert.match(await ask(running.service, "prom-metrics"), /\nprometheus_tsdb_wal_corruptions_total 1\n/);
});

Deno.test("service: a host that changes alone is refused with a word on what to do", async () => {
  const port = freePort();
  await using running = await started(config({ port }));
  const refused = await running.service.apply(config({ host: "0.0.0.0", port }));
  assert.ok(refused.kind === "refused");
  assert.match(refused.reasons[0], /address already in use.*at the next start, or with another port/);
  assert.match(await ask(running.service, "ready"), /^200/);
});

Deno.test("service: the retention that is shown is the one in force, whatever a reload asks for", async () => {
  await using running = await started(config({ retentionMs: 1_800_000 }));
  const { service } = running;
  assert.equal((await service.apply(config({ retentionMs: 7_200_000 }))).kind, "applied");
  assert.match(await ask(service, "api/v1/status/runtimeinfo"), /"storageRetention":"30m0?s?"/);
});

Deno.test("service: the internals tell of the engine at work, a reload's too", async () => {
  await using running = await started(config({ maxConcurrentQueries: 7 }));
  const shown = async () =>
    /\nprometheus_engine_queries_concurrent_max (\d+)\n/.exec(await ask(running.service, "prom-metrics"))
      ?.[1];
  assert.equal(await shown(), "7");
  assert.equal((await running.service.apply(config({ maxConcurrentQueries: 9 }))).kind, "applied");
  assert.equal(await shown(), "9");
  assert.match(await ask(running.service, "prom-metrics"), /\nbunny_http_connections [1-9]/);
});
