import assert from "node:assert/strict";
import { apiRig, NOW } from "./api_rig.ts";

/** Three series in many steps: some megabyte of JSON. */
const LARGE = `query=${encodeURIComponent('{__name__=~"up|latency"}')}&start=${
  NOW - 500
}&end=${NOW}&step=0.25`;

Deno.test("a large result is whole JSON, and the same for every client that asks for it at once", async () => {
  await using rig = await apiRig();
  const ask = async () => {
    const response = await fetch(`${rig.url}/api/v1/query_range?${LARGE}&stats=all`);
    assert.equal(response.headers.get("content-length"), null, "not sent in pieces");
    return await response.json();
  };
  const [first, ...others] = await Promise.all([ask(), ask(), ask()]);
  assert.equal(first.status, "success");
  assert.equal(first.data.result.length, 3);
  for (const { values, histograms } of first.data.result) {
    const times = (values ?? histograms).map(([time]: [number]) => time);
    assert.deepEqual(times, Array.from({ length: 2_001 }, (_, i) => NOW - 500 + i / 4));
  }
  assert.ok(first.data.stats.samples.totalQueryableSamples > 0);
  for (const other of others) assert.deepEqual(other.data.result, first.data.result);
});

Deno.test("a large result is refused while too many others are being sent", async () => {
  await using rig = await apiRig("", { maxSamples: 1_000_000 });
  // Forty series: more than a connection's buffers hold.
  const copies = Array.from({ length: 20 }, (_, i) => `label_replace(up, "copy", "${i}", "", "")`).join(
    " or ",
  );
  const path = `/api/v1/query_range?query=${encodeURIComponent(copies)}&start=${
    NOW - 500
  }&end=${NOW}&step=0.05`;
  const slow: Deno.TcpConn[] = [];
  try {
    // Clients that ask for a large result, and take none of it.
    const statuses: number[] = [];
    while (slow.length < 5 && !statuses.includes(503)) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: rig.port });
      slow.push(connection);
      await connection.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`));
      await connection.read(new Uint8Array(100));
      const response = await fetch(`${rig.url}${path}`);
      statuses.push(response.status);
      await response.body?.cancel();
    }
    assert.deepEqual(statuses, [200, 503]);
  } finally {
    for (const connection of slow) connection.close();
  }
  const response = await fetch(`${rig.url}/api/v1/query?query=up`);
  assert.equal(response.status, 200);
  await response.body?.cancel();
});

Deno.test("a verdict is reached while more queries run and wait than may", async () => {
  const heavy = "sum_over_time(sum(up)[10m:20ms])";
  await using rig = await apiRig(
    `ingress: { httpServer: { health: [ { path: ready, instantQuery: { timeout: 30s, query: "${heavy} < bool 0" } } ] } }`,
    { sliceMs: 0, maxConcurrentQueries: 1, maxWaitingQueries: 1 },
  );
  const leaving = new AbortController();
  const endless = `${rig.url}/api/v1/query_range?query=${heavy}&start=${NOW - 600}&end=${NOW}&step=0.1`;
  const others = [1, 2, 3].map(() =>
    fetch(endless, { signal: leaving.signal }).then((response) => response.body?.cancel(), () => {})
  );
  while ((await (await fetch(endless)).json()).errorType !== "unavailable");
  const verdict = await fetch(`${rig.url}/ready`);
  assert.match(await verdict.text(), /the query is 0/);
  assert.equal(verdict.status, 503);
  leaving.abort();
  await Promise.all(others);
});

const refused: { name: string; query: string; error: RegExp }[] = [
  { name: "words without end", query: "1" + "+1".repeat(40_000), error: /nests deeper than 500 levels/ },
  {
    name: "arguments without end",
    query: `label_join(up, "a", "b"${`,""`.repeat(20_000)})`,
    error: /more than 20000 words and marks/,
  },
  {
    name: "labels without end",
    query: `sum by (${"a,".repeat(20_000)}a) (up)`,
    error: /more than 500 labels in a list/,
  },
  {
    name: "regular expressions without end",
    query: `{${'a=~"b{0,90}c",'.repeat(6_000)}d="e"}`,
    error: /regular expressions are too large together/,
  },
  {
    name: "a regular expression that is short and large",
    query: `{a=~"${"[a-z]{0,1000}".repeat(100)}"}`,
    error: /too large once its repetitions are written out/,
  },
];
for (const { name, query, error } of refused) {
  for (const path of ["query", "format_query", "series"]) {
    Deno.test(`${path} refuses ${name} in a moment`, async () => {
      await using rig = await apiRig();
      const startedAt = performance.now();
      const body = new URLSearchParams(path === "series" ? { "match[]": query } : { query });
      const response = await fetch(`${rig.url}/api/v1/${path}`, { method: "POST", body });
      assert.equal(response.status, 400);
      const text: string = (await response.json()).error;
      if (path !== "series" || query.startsWith("{")) assert.match(text, error);
      assert.ok(performance.now() - startedAt < 3_000);
    });
  }
}

for (
  const [where, ask] of [
    [
      "form",
      (url: string, all: string) => fetch(url, { method: "POST", headers: FORM, body: `${all}query=1` }),
    ],
    ["URL", (url: string, all: string) => fetch(`${url}?${all.slice(0, 4_000)}query=1`)],
  ] as const
) {
  Deno.test(`a ${where} with parameters without end is refused in a moment`, async () => {
    await using rig = await apiRig();
    const startedAt = performance.now();
    const response = await ask(`${rig.url}/api/v1/query`, "a&".repeat(500_000));
    assert.equal(response.status, 400);
    await response.body?.cancel();
    assert.ok(performance.now() - startedAt < 3_000);
  });
}
const FORM = { "content-type": "application/x-www-form-urlencoded" };
