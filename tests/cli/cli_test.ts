import assert from "node:assert/strict";
import { configPathOf } from "../../src/cli/config_file.ts";
import { main } from "../../src/cli/mod.ts";
import { SILENT } from "../../src/base/log.ts";
import { Labels } from "../../src/model/labels.ts";
import { Store } from "../../src/store/mod.ts";
import { apiRig, NOW } from "../ingress/api_rig.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { freePort } from "../support/free_port.ts";
import { httpPeer } from "../support/http_peer.ts";
import { tempDir } from "../support/temp_dir.ts";

/** Runs a command line. */
async function bunny(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(args, { out: (line) => out.push(line), err: (line) => err.push(line) });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const SCRIPT = `
load 1s
  up{job="a"} 1x10
  up{job="b"} 0x10
`;

const cases: { name: string; args: string[]; code: number; out?: RegExp; err?: RegExp }[] = [
  { name: "--version", args: ["--version"], code: 0, out: /^bunny \d+\.\d+\.\d+ \(deno / },
  { name: "--help", args: ["--help"], code: 0, out: /Commands:\n {2}run .*\n {2}check / },
  { name: "help of a command", args: ["help", "query"], code: 0, out: /^Usage: bunny query EXPRESSION/ },
  { name: "a command's --help", args: ["check", "--help"], code: 0, out: /^Usage: bunny check/ },
  {
    name: "an unknown command",
    args: ["runn"],
    code: 2,
    err: /unknown command "runn"; there are: run, check/,
  },
  {
    name: "help of an unknown command",
    args: ["help", "toString"],
    code: 2,
    err: /"toString"; there are: run/,
  },
  { name: "a file too many", args: ["check", "a", "b"], code: 2, err: /unexpected argument "b"/ },
  { name: "two files", args: ["check", "a", "--config", "b"], code: 2, err: /unexpected argument "a"/ },
  {
    name: "an unknown option",
    args: ["check", "--nope"],
    code: 2,
    err: /unknown option "--nope"; there are: --config, --help$/,
  },
  {
    name: "an option of no command",
    args: ["--verison"],
    code: 2,
    err: /^bunny run: unknown option "--verison"/,
  },
  {
    name: "an option without its value",
    args: ["check", "--config"],
    code: 2,
    err: /--config <value>.*missing/,
  },
  { name: "a stray argument", args: ["run", "now"], code: 2, err: /unexpected argument "now"/ },
  { name: "a query without an expression", args: ["query"], code: 2, err: /one expression/ },
  { name: "a range that is none", args: ["query", "up", "--range", "x"], code: 2, err: /--range x/ },
  {
    name: "a step without a range",
    args: ["query", "up", "--step", "1s"],
    code: 2,
    err: /--step needs --range/,
  },
  { name: "a lookback that is none", args: ["query", "up", "--lookback", "x"], code: 2, err: /--lookback x/ },
  {
    name: "an address that is none",
    args: ["query", "up", "--url", "127.0.0.1:1312"],
    code: 2,
    err: /--url 127/,
  },
  { name: "a format that is none", args: ["query", "up", "--format", "xml"], code: 2, err: /table or json/ },
  {
    name: "an API that is not there",
    args: ["query", "up", "--url", `http://127.0.0.1:${freePort()}`],
    code: 1,
    err: /^bunny query: .*(refused|connect)/i,
  },
];
for (const { name, args, code, out, err } of cases) {
  Deno.test(`command line: ${name}`, async () => {
    const result = await bunny(...args);
    assert.equal(result.code, code, result.err);
    if (out) assert.match(result.out, out);
    if (err) assert.match(result.err, err);
  });
}

const paths: { given?: string; set?: string; want: string }[] = [
  { want: "/config/bunny.yaml" },
  { set: "", want: "/config/bunny.yaml" },
  { set: "/a.yaml", want: "/a.yaml" },
  { given: "b.yaml", set: "/a.yaml", want: "b.yaml" },
];
for (const { given, set, want } of paths) {
  Deno.test(`configuration: given ${given}, BUNNY_CONFIG_FILE_PATH ${JSON.stringify(set)}`, () => {
    assert.equal(configPathOf(given, (name) => name === "BUNNY_CONFIG_FILE_PATH" ? set : undefined), want);
  });
}

Deno.test("command line: check and probe allow the programs that Bunny would", async () => {
  using dir = tempDir();
  const path = dir.write(
    "bunny.yaml",
    "egress: { probes: [ { name: a, exec: { command: [ /bin/true ] } } ] }\n",
  );
  assert.match((await bunny("check", path)).out, /: good: 1 probe/);
  assert.equal((await bunny("probe", "--config", path)).code, 0);
  Deno.env.set("BUNNY_EXEC_ALLOW", "/bin/false");
  try {
    const checked = await bunny("check", path);
    assert.deepEqual([checked.code, checked.out], [2, ""]);
    assert.match(checked.err, /bunny\.yaml: probe "a": \/bin\/true may not be run: .*\(now: \/bin\/false\)/);
    const probed = await bunny("probe", "--config", path);
    assert.equal(probed.code, 1);
    assert.match(probed.out, /^a .* fail {2}spawn: \/bin\/true may not be run/);
  } finally {
    Deno.env.delete("BUNNY_EXEC_ALLOW");
  }
});

Deno.test("command line: check names every mistake, and says what is good", async () => {
  using dir = tempDir();
  const bad = await bunny(
    "check",
    "--config",
    dir.write("bad.yaml", "egress: { nope: 1, probes: [ {} ] }\n"),
  );
  assert.equal(bad.code, 2);
  assert.match(bad.err, /bad\.yaml:1:11: egress\.nope: unknown key/);
  assert.match(bad.err, /bad\.yaml:1:\d+: egress\.probes\[0\]/);
  const good = await bunny(
    "check",
    dir.write("good.yaml", "egress: { probes: [ { name: a, tcpSocket: { port: 1 } } ] }\n"),
  );
  assert.deepEqual([good.code, good.out.endsWith("good: 1 probe, 0 health endpoints")], [0, true]);
});

Deno.test("command line: query over a script, as a table", async () => {
  using dir = tempDir();
  const path = dir.write("a.test", SCRIPT);
  const { code, out } = await bunny("query", "sum by (job) (up)", "--data", path);
  assert.equal(code, 0);
  assert.equal(out, '{job="a"}  1970-01-01T00:00:10.000Z  1\n{job="b"}  1970-01-01T00:00:10.000Z  0');
});

Deno.test("command line: query shows series as PromQL selects them, odd names too", async () => {
  using dir = tempDir();
  const path = dir.write("a.test", 'load 1s\n  {"my metric", "a-b"="x y"} 1\n  plain 2\n  plain{a="b"} 3\n');
  const shown = async (query: string) => (await bunny("query", query, "--data", path)).out.split("  ")[0];
  for (const series of ['{"my metric", "a-b"="x y"}', 'plain{a="b"}']) {
    assert.equal(await shown(series), series);
  }
  assert.equal(await shown('plain{a=""}'), "plain");
  assert.equal(await shown('sum by ("a-b") ({"my metric"})'), '{"a-b"="x y"}');
});

Deno.test("command line: query over a script, as a range in JSON", async () => {
  using dir = tempDir();
  const path = dir.write("a.test", SCRIPT);
  const { code, out } = await bunny(
    "query",
    'up{job="a"}',
    "--data",
    path,
    "--range",
    "2s",
    "--step",
    "1s",
    "--format",
    "json",
  );
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out), {
    resultType: "matrix",
    result: [{ metric: { __name__: "up", job: "a" }, values: [[8, "1"], [9, "1"], [10, "1"]] }],
  });
});

Deno.test("command line: query looks back as far as it is told, over a script and in an API", async () => {
  using dir = tempDir();
  await using rig = await apiRig();
  const data = ["--data", dir.write("a.test", SCRIPT), "--time", "14"];
  const api = ["--url", rig.url, "--time", String(NOW + 4)];
  for (const where of [data, api]) {
    for (const [lookback, want] of [["5s", "2"], ["3s", "(nothing)"]]) {
      const { out } = await bunny("query", "count(up)", "--lookback", lookback, ...where);
      assert.equal(out.split(" ").at(-1), want, `${lookback} ${where[0]}`);
    }
  }
});

Deno.test("command line: query over a script that can't be read names the place", async () => {
  using dir = tempDir();
  const { code, err } = await bunny("query", "up", "--data", dir.write("a.test", "load 1s\n  up{ 1\n"));
  assert.equal(code, 1);
  assert.match(err, /a\.test:2:\d+: /);
});

Deno.test("command line: query of a running API, with its remarks", async () => {
  await using rig = await apiRig();
  const { code, out, err } = await bunny("query", "rate(up[1m])", "--url", rig.url, "--time", String(NOW));
  assert.equal(code, 0);
  assert.match(out, /\{job="api"\} +2023-11-14T22:23:20\.000Z +0/);
  assert.match(err, /might not be a counter/);
  const elsewhere = await bunny("query", "up", "--url", `${rig.url}/elsewhere/`);
  assert.equal(elsewhere.code, 1);
  assert.match(elsewhere.err, /elsewhere\/api\/v1\/query answered 404, and not as/);
  const wrong = await bunny("query", "up{", "--url", rig.url);
  assert.deepEqual([wrong.code, /parse error/.test(wrong.err)], [1, true]);
});

Deno.test("command line: probe runs probes once and tells how they went", async () => {
  using dir = tempDir();
  await using target = await httpPeer((_, response) => void response.writeHead(200).end());
  const path = dir.write(
    "bunny.yaml",
    `egress: { probes: [
      { name: web, httpGet: { host: 127.0.0.1, port: ${target.port} } },
      { name: gone, tcpSocket: { host: 127.0.0.1, port: ${freePort()} } },
      { name: command, exec: { command: [ /bin/sh, -c, "exit 3" ] } } ] }`,
  );
  const all = await bunny("probe", "--config", path);
  assert.equal(all.code, 1);
  const [web, gone, command] = all.out.split("\n");
  assert.match(web, /^web {2}[\d.]+ ms {2}pass$/);
  assert.match(gone, /^gone {2}[\d.]+ ms {2}fail {2}refused: /);
  assert.match(command, /^command {2}[\d.]+ ms {2}fail {2}exit_code: /);
  assert.equal((await bunny("probe", "web", "--config", path)).code, 0);
  const unknown = await bunny("probe", "nope", "--config", path);
  assert.deepEqual([unknown.code, unknown.err], [
    2,
    'bunny probe: no probe "nope"; there are: web, gone, command',
  ]);
});

Deno.test("command line: tsdb looks into a directory that is in use", async () => {
  using dir = tempDir();
  const clock = new FakeClock({ wallMs: 1_700_000_000_000 });
  const path = dir.join("tsdb");
  await using store = await Store.open({ dir: path, clock, logger: SILENT });
  const ref = store.acquire(Labels.from({ __name__: "up", job: "a" }));
  for (let second = 0; second < 3; second++) {
    store.append(1_700_000_000_000 + second * 1_000, [ref], [second]);
  }
  store.sync();
  const dumped = await bunny("tsdb", "dump", path);
  assert.deepEqual([dumped.code, dumped.out.split("\n")], [0, [
    '{__name__="up", job="a"} 0 1700000000000',
    '{__name__="up", job="a"} 1 1700000001000',
    '{__name__="up", job="a"} 2 1700000002000',
  ]]);
  const some = await bunny("tsdb", "dump", path, "--match", "up", "--start", "1700000002");
  assert.equal(some.out, '{__name__="up", job="a"} 2 1700000002000');
  assert.equal((await bunny("tsdb", "dump", path, "--match", "up{")).code, 2);
  assert.match((await bunny("tsdb", "list", path)).out, /^BLOCK +MIN TIME/);
  assert.deepEqual(await bunny("tsdb", "analyze", path), {
    code: 1,
    out: "",
    err: "bunny tsdb: there is no block yet",
  });
  assert.equal((await bunny("tsdb", "list", dir.join("nothing"))).code, 1);
  assert.equal((await bunny("tsdb", "nope", path)).code, 2);
});
