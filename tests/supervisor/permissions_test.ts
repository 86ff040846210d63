import assert from "node:assert/strict";
import { type Config, readConfig } from "../../src/config/mod.ts";
import { ExecPolicy } from "../../src/probes/mod.ts";
import { execAllowList, permissionsToGiveUp, refusedCommands } from "../../src/supervisor/permissions.ts";

function config(yaml: string): Config {
  const reading = readConfig(yaml, "test.yaml");
  assert.ok(reading.kind === "ok", JSON.stringify(reading));
  return reading.config;
}

const EXEC = config("egress: { probes: [ { name: a, exec: { command: [ /bin/true ] } } ] }");
const PLAIN = config("egress: { probes: [ { name: a, tcpSocket: { port: 80 } } ] }");

Deno.test("the allow-list is the environment's where it is set, else the first configuration's commands", () => {
  assert.deepEqual([...execAllowList(undefined, EXEC)], ["/bin/true"]);
  assert.deepEqual([...execAllowList(["/bin/false"], EXEC)], ["/bin/false"]);
  assert.deepEqual([...execAllowList([], EXEC)], []);
});

Deno.test("a command that is not on the list is refused in words that say what to set", () => {
  assert.deepEqual(refusedCommands(EXEC, new ExecPolicy(["/bin/true"])), []);
  const [reason] = refusedCommands(EXEC, new ExecPolicy(["/bin/false"]));
  assert.match(reason, /^probe "a": \/bin\/true may not be run: .* add it to BUNNY_EXEC_ALLOW/);
});

const cases: { name: string; config: Config; allowed: string[]; want: string[] }[] = [
  { name: "no programs and no store", config: PLAIN, allowed: [], want: ["ffi", "import", "run", "write"] },
  { name: "programs", config: EXEC, allowed: ["/bin/true"], want: ["ffi", "import", "write"] },
  {
    name: "a store directory",
    config: config("telemetry: { prometheus: { tsdbPath: /tsdb } }"),
    allowed: [],
    want: ["ffi", "import", "run"],
  },
  {
    name: "a watched process",
    config: config("signals: { watchedProcessCommandLineRegEx: app }"),
    allowed: [],
    want: [],
  },
];
for (const { name, config, allowed, want } of cases) {
  Deno.test(`permissions given up with ${name}`, () => {
    assert.deepEqual(permissionsToGiveUp(config, new Set(allowed)), want);
  });
}
