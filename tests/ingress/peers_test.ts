import assert from "node:assert/strict";
import { apiRig, BASE_MS, NOW } from "./api_rig.ts";

const hasPromtool = await new Deno.Command("promtool", {
  args: ["--version"],
  stdout: "null",
  stderr: "null",
})
  .output().then(({ success }) => success, () => false);

const start = `--start=${new Date((NOW - 20) * 1_000).toISOString()}`;
const time = `--time=${new Date(NOW * 1_000).toISOString()}`;
const end = `--end=${new Date(NOW * 1_000).toISOString()}`;

const sessions: { name: string; args: (url: string) => string[]; want: RegExp[] }[] = [
  {
    name: "instant",
    args: (url) => ["instant", time, url, "sum by (job) (requests_total)"],
    want: [/^\{job="api"\} => 660 @\[1700000600(\.000)?\]$/m],
  },
  {
    name: "range",
    args: (url) => ["range", start, end, "--step=10s", url, 'up{job="api"}'],
    want: [/up\{job="api"\} =>/, /1 @\[1700000580(\.000)?\]/, /1 @\[1700000600(\.000)?\]/],
  },
  {
    name: "series",
    args: (url) => ["series", `--start=${new Date(BASE_MS).toISOString()}`, end, "--match=up", url],
    want: [/\{__name__="up", job="api"\}/, /\{__name__="up", job="db"\}/],
  },
  {
    name: "labels",
    args: (url) => ["labels", `--start=${new Date(BASE_MS).toISOString()}`, end, url, "job"],
    want: [/^api$/m, /^db$/m],
  },
];

for (const { name, args, want } of sessions) {
  Deno.test({
    name: `promtool query ${name} is answered`,
    ignore: !hasPromtool,
    fn: async () => {
      await using rig = await apiRig();
      const { code, stdout, stderr } = await new Deno.Command("promtool", {
        args: ["query", ...args(rig.url)],
        stdout: "piped",
        stderr: "piped",
      }).output();
      const text = new TextDecoder().decode(stdout);
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      for (const pattern of want) assert.match(text, pattern);
    },
  });
}

Deno.test("the prometheus-query client is answered", async () => {
  const { PrometheusDriver } = await import("prometheus-query");
  await using rig = await apiRig();
  const client = new PrometheusDriver({ endpoint: rig.url });
  const instant = await client.instantQuery('up{job="db"}', NOW * 1_000);
  assert.equal(instant.resultType, "vector");
  assert.equal(instant.result[0].metric.labels.job, "db");
  assert.equal(instant.result[0].value.value, 0);
  const range = await client.rangeQuery("up", (NOW - 20) * 1_000, NOW * 1_000, 10);
  assert.deepEqual(range.result.map(({ values }: { values: unknown[] }) => values.length), [3, 3]);
  assert.deepEqual(await client.labelValues("job"), ["api", "db"]);
  assert.equal((await client.series("up", BASE_MS, NOW * 1_000)).length, 2);
  await assert.rejects(
    client.instantQuery("up{"),
    ({ error }: { error: string }) => /parse error/.test(error),
  );
});
