import assert from "node:assert/strict";
import { apiRig } from "./api_rig.ts";

/** One request as Grafana's Prometheus data source sends it, and what it goes on to read of the answer. */
interface Recorded {
  what: string;
  method: "GET" | "POST";
  path: string;
  form: Record<string, string>;
  wants: string;
}

const recorded: Recorded[] = JSON.parse(
  await Deno.readTextFile(new URL("../fixtures/grafana/requests.json", import.meta.url)),
);

// deno-lint-ignore no-explicit-any -- the shapes are what is tested
const readers: Record<string, (data: any) => void> = {
  scalar: (data) => assert.deepEqual(data, { resultType: "scalar", result: [4, "2"] }),
  version: (data) => {
    assert.match(data.version, /^\d+\.\d+\.\d+$/);
    assert.equal(data.features, undefined, "it would be taken for another product");
    assert.equal(data.application, undefined, "likewise");
  },
  groups: (data) => assert.deepEqual(data, { groups: [] }),
  strings: (data) => {
    assert.ok(data.length > 0);
    for (const text of data) assert.equal(typeof text, "string");
  },
  metadata: (data) => {
    const [rows] = Object.values(data) as { type: string; help: string; unit: string }[][];
    assert.deepEqual(Object.keys(rows[0]).sort(), ["help", "type", "unit"]);
  },
  series: (data) => assert.ok(data.every((labels: Record<string, string>) => labels.__name__ !== undefined)),
  matrix: (data) => {
    assert.equal(data.resultType, "matrix");
    assert.ok(data.result.length > 0);
    for (const { metric, values } of data.result) {
      assert.equal(typeof metric, "object");
      for (const [seconds, value] of values) {
        assert.equal(typeof seconds, "number");
        assert.ok(!Number.isNaN(Number(value)));
      }
    }
  },
  vector: (data) => {
    assert.equal(data.resultType, "vector");
    assert.deepEqual(data.result.map(({ value }: { value: unknown[] }) => value[0]), [
      1_700_000_600.123,
      1_700_000_600.123,
    ]);
  },
  nothing: (data) => assert.deepEqual(data, []),
};

for (const { what, method, path, form, wants } of recorded) {
  Deno.test(`Grafana gets ${what}`, async () => {
    await using rig = await apiRig();
    const parameters = new URLSearchParams(form);
    const response = method === "POST"
      ? await fetch(`${rig.url}/${path}`, { method, body: parameters })
      : await fetch(`${rig.url}/${path}?${parameters}`);
    assert.equal(response.headers.get("content-type"), "application/json");
    const answer = await response.json();
    assert.equal(response.status, 200, JSON.stringify(answer));
    assert.equal(answer.status, "success");
    readers[wants](answer.data);
  });
}
