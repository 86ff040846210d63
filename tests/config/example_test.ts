import assert from "node:assert/strict";
import { parse } from "yaml";
import { DEFAULT_PORTS } from "../bee/bee.ts";
import { formatProblem, type ProbeAction, readConfig, readConfigFile } from "../../src/config/mod.ts";
import { configKeys } from "./config_keys.ts";

const EXAMPLE = new URL("../../bunny.example.yaml", import.meta.url);

async function example() {
  const reading = await readConfigFile(decodeURIComponent(EXAMPLE.pathname));
  assert.equal(reading.kind, "ok", JSON.stringify(reading));
  return reading;
}

Deno.test("example: parses, and gives no cause for warnings", async () => {
  assert.deepEqual((await example()).warnings, []);
});

Deno.test("example: has every kind of probe, several times a second", async () => {
  const { probes } = (await example()).config.egress;
  assert.deepEqual(
    new Set(probes.map(({ action }) => action.kind)),
    new Set(["http", "grpc", "tcp", "exec"]),
  );
  for (const { name, action, periodMs } of probes) {
    if (action.kind !== "exec") assert.ok(periodMs <= 250, name);
  }
});

Deno.test("example: its targets are Bee's", async () => {
  const { probes } = (await example()).config.egress;
  const ports = new Set(probes.flatMap(({ action }) => portOf(action) ?? []));
  assert.deepEqual(ports, new Set(Object.values(DEFAULT_PORTS)));
});

function portOf(action: ProbeAction): number | undefined {
  switch (action.kind) {
    case "http":
      return action.http.port;
    case "grpc":
      return action.grpc.port;
    case "tcp":
      return action.tcp.port;
    case "exec":
      return undefined;
  }
}

Deno.test("example: has the three endpoints that Kubernetes asks", async () => {
  const { port, health } = (await example()).config.ingress;
  assert.equal(port, 1_312);
  assert.deepEqual(health.map(({ path, query }) => [path, query.kind]), [
    ["healthz-liveness", "instant"],
    ["healthz-readiness", "instant"],
    ["healthz-startup", "range"],
  ]);
});

Deno.test("example: its commands exist on every host", async () => {
  for (const { action } of (await example()).config.egress.probes) {
    if (action.kind === "exec") assert.ok(Deno.statSync(action.exec.command[0]).isFile);
  }
});

Deno.test("example: names the schema that is in the repository", async () => {
  const [first] = (await Deno.readTextFile(EXAMPLE)).split("\n");
  const path = /^# yaml-language-server: \$schema=(.+)$/.exec(first)?.[1];
  assert.ok(path && Deno.statSync(new URL(path, EXAMPLE)).isFile);
});

/** The example with every key that is commented out put in: those have no blank, or several, behind their #. */
async function complete(): Promise<string> {
  const text = await Deno.readTextFile(EXAMPLE);
  return text.replaceAll(/^( *)#( {2,})?(?=[\w-])/gm, "$1$2");
}

Deno.test("example: is a good configuration with all its keys put in, too", async () => {
  const reading = readConfig(await complete(), "bunny.yaml");
  assert.deepEqual(reading.kind === "problems" ? reading.problems.map(formatProblem) : [], []);
});

Deno.test("example: has every key there is, and tells what it is for", async () => {
  const text = await complete();
  const there = new Set(pathsOf(parse(text, { merge: true })));
  const old = ["egress.probes[].tcpSocket.service"]; // the original's name for host
  const keys = configKeys().map(({ path }) => path).filter((path) => !old.includes(path));
  assert.deepEqual(keys.filter((path) => !there.has(path)), []);
  for (const path of keys) {
    const key = path.split(".").at(-1);
    // Told beside it or above it, once at least.
    assert.match(text, new RegExp(`^ *(- )?${key}:.* # |^ *# .*\\n *(- )?${key}:`, "m"), path);
  }
});

/** Path of each key in a configuration, such as `egress.probes[].name`. */
function* pathsOf(value: unknown, path = ""): Generator<string, void, void> {
  if (Array.isArray(value)) {
    for (const item of value) yield* pathsOf(item, `${path}[]`);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, below] of Object.entries(value)) {
      const own = path === "" ? key : `${path}.${key}`;
      yield own;
      yield* pathsOf(below, own);
    }
  }
}
