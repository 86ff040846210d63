import assert from "node:assert/strict";
import { type Environment, readEnvironment } from "../../src/config/mod.ts";

const DEFAULTS: Environment = {
  configFilePath: "/config/bunny.yaml",
  execAllow: undefined,
  logFormat: "json",
  logLevel: "info",
  logLevels: {},
  timeZone: undefined,
};

const cases: readonly {
  name: string;
  set: Readonly<Record<string, string>>;
  want?: Partial<Environment>;
  warnings?: readonly string[];
}[] = [
  { name: "nothing set", set: {} },
  { name: "set to nothing", set: { BUNNY_CONFIG_FILE_PATH: "", LOG_LEVEL: "", LOG_HANDLER: "", TZ: "" } },
  { name: "path", set: { BUNNY_CONFIG_FILE_PATH: "/etc/b.yaml" }, want: { configFilePath: "/etc/b.yaml" } },
  { name: "text logs", set: { LOG_HANDLER: "TEXT" }, want: { logFormat: "text" } },
  { name: "console logs", set: { LOG_HANDLER: "console" }, want: { logFormat: "text" } },
  { name: "json logs", set: { LOG_HANDLER: "json" } },
  {
    name: "logs of another kind",
    set: { LOG_HANDLER: "pretty" },
    warnings: ['LOG_HANDLER must be text, console or json: current value is "pretty", so lines are JSON'],
  },
  {
    name: "levels",
    set: { LOG_LEVEL: "WARN", EGRESS_LOG_LEVEL: "debug", STORE_LOG_LEVEL: "Error" },
    want: { logLevel: "warn", logLevels: { egress: "debug", store: "error" } },
  },
  {
    name: "levels that are none",
    set: { LOG_LEVEL: "verbose", QUERY_LOG_LEVEL: "wran", OTHER_LOG_LEVEL: "nonsense" },
    warnings: [
      'QUERY_LOG_LEVEL must be debug, info, warn, error: current value is "wran", did you mean "warn"?',
      'LOG_LEVEL must be debug, info, warn, error: current value is "verbose"',
    ],
  },
  { name: "no programs", set: { BUNNY_EXEC_ALLOW: "" }, want: { execAllow: [] } },
  {
    name: "programs",
    set: { BUNNY_EXEC_ALLOW: "/bin/sh, /bin/true,,/bin/sh" },
    want: { execAllow: ["/bin/sh", "/bin/true"] },
  },
  {
    name: "programs without a path",
    set: { BUNNY_EXEC_ALLOW: "sh,/bin/true" },
    want: { execAllow: ["/bin/true"] },
    warnings: ['BUNNY_EXEC_ALLOW must hold absolute paths: "sh" is none and is left out'],
  },
  { name: "time zone", set: { TZ: "Europe/Berlin" }, want: { timeZone: "Europe/Berlin" } },
  {
    name: "time zone that is none",
    set: { TZ: "Nowhere/Town" },
    warnings: [
      'TZ must be the name of a time zone, such as UTC or Europe/Berlin: current value is "Nowhere/Town"',
    ],
  },
  {
    name: "variables of the Go runtime",
    set: { GOMEMLIMIT: "67108864", GOGC: "10" },
    warnings: ["GOMEMLIMIT", "GOGC"].map((name) =>
      `${name} has no effect: limit the container's memory, retentionSizeBytes and maxSamples instead`
    ),
  },
];

for (const { name, set, want, warnings = [] } of cases) {
  Deno.test(`environment: ${name}`, () => {
    assert.deepEqual(readEnvironment((variable) => set[variable]), {
      environment: { ...DEFAULTS, ...want },
      warnings,
    });
  });
}
