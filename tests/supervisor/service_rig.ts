import assert from "node:assert/strict";
import { Logging } from "../../src/base/log.ts";
import { SystemClock } from "../../src/base/clock.ts";
import { type Config, readConfig } from "../../src/config/mod.ts";
import { ExecPolicy } from "../../src/probes/mod.ts";
import { Service } from "../../src/supervisor/service.ts";

/** What a test says of a configuration. */
export interface Shape {
  host?: string;
  port?: number;
  healthPort?: number;
  maxSamples?: number;
  maxConcurrentQueries?: number;
  retentionMs?: number;
  probes?: string;
  endpoint?: string;
  /** Further ones. */
  endpoints?: readonly string[];
  httpServer?: string;
  tsdbPath?: string;
}

/** Probes that never beat while a test runs, and one endpoint. */
export function config(
  {
    host = "127.0.0.1",
    port = 0,
    healthPort,
    maxSamples = 1_000,
    maxConcurrentQueries = 20,
    retentionMs = 3_600_000,
    probes = "",
    endpoint = "",
    endpoints = [],
    httpServer = "",
    tsdbPath = "",
  }: Shape,
): Config {
  const reading = readConfig(
    `
egress: { probes: [ ${probes} ] }
ingress:
  httpServer:
    host: ${host}
    port: ${port}
    healthPort: ${healthPort ?? ""}
    ${httpServer}
    health:
      - { path: ready, instantQuery: { query: "1" } ${endpoint} }
${endpoints.map((each) => `      - ${each}\n`).join("")}
telemetry:
  prometheus:
    tsdbPath: "${tsdbPath}"
    tsdbOptions: { retentionDurationMilliseconds: ${retentionMs} }
    promql: { maxConcurrentQueries: ${maxConcurrentQueries}, engineOptions: { maxSamples: ${maxSamples} } }
`,
    "test.yaml",
  );
  assert.ok(reading.kind === "ok", JSON.stringify(reading));
  return reading.config;
}

/** A service that runs until it is disposed of. */
export async function started(
  first: Config,
  logged: string[] = [],
): Promise<{ service: Service } & AsyncDisposable> {
  const clock = new SystemClock();
  const service = await Service.start(first, {
    clock,
    logging: new Logging({
      format: "json",
      level: "error",
      levels: { query: "debug" },
      write: (line) => void logged.push(line),
      wallNow: () => clock.wallNow(),
    }),
    environment: {},
    execPolicy: new ExecPolicy([]),
  });
  return { service, [Symbol.asyncDispose]: () => service.stop(1_000) };
}

/** One GET on the main port: status and body. */
export async function ask(service: Service, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${service.port}/${path}`, {
    headers: { connection: "close" },
  });
  return `${response.status} ${await response.text()}`;
}
