import assert from "node:assert/strict";
import { type Clock, SystemClock } from "../../src/base/clock.ts";
import { compileRegex, type Regex } from "../../src/base/regex.ts";
import type {
  ExecAction,
  GrpcAction,
  HttpAction,
  ProbeAction,
  ProbeConfig,
  TcpAction,
  TlsConfig,
} from "../../src/config/mod.ts";
import type { Reason } from "../../src/model/probe_result.ts";
import type { TraceContext } from "../../src/model/trace.ts";
import {
  BufferPool,
  ExecPolicy,
  findKillReach,
  makeProbe,
  type ProbeDeps,
  type ProbeRun,
  Resolver,
} from "../../src/probes/mod.ts";
import { Deadlines } from "../../src/probes/schedule/deadlines.ts";
import { Guard } from "../../src/probes/schedule/guard.ts";

/** How much later than its limit a result may come on a busy machine. */
const LATENESS_MS = 150;

export const NO_TLS: TlsConfig = {
  verify: false,
  ca: undefined,
  cert: undefined,
  key: undefined,
  serverName: undefined,
};

export const TRACE: TraceContext = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  sampled: true,
};
export const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

export function http(overrides: Partial<HttpAction>): ProbeAction {
  return {
    kind: "http",
    http: {
      host: "127.0.0.1",
      port: 1,
      path: "/",
      scheme: "HTTP",
      headers: [],
      method: "GET",
      protocol: "http1",
      expectedStatuses: [{ from: 200, to: 399 }],
      body: undefined,
      expectedHeaders: {},
      headersFromFile: undefined,
      followRedirects: true,
      tls: NO_TLS,
      ...overrides,
    },
  };
}

export function grpc(overrides: Partial<GrpcAction>): ProbeAction {
  return {
    kind: "grpc",
    grpc: { host: "127.0.0.1", port: 1, service: "", metadata: [], tls: undefined, ...overrides },
  };
}

export function tcp(overrides: Partial<TcpAction>): ProbeAction {
  return { kind: "tcp", tcp: { host: "127.0.0.1", port: 1, expect: [], tls: undefined, ...overrides } };
}

export function exec(command: ExecAction["command"], env: ExecAction["env"] = []): ProbeAction {
  return { kind: "exec", exec: { command, env } };
}

export function probeConfig(overrides: Partial<ProbeConfig>): ProbeConfig {
  return {
    name: "a",
    action: tcp({}),
    initialDelayMs: 0,
    periodMs: 1_000,
    timeoutMs: 1_000,
    labels: {},
    adaptive: undefined,
    metrics: { attempts: undefined, successes: undefined, responseTime: undefined },
    ...overrides,
  };
}

export function regex(source: string): Regex {
  const result = compileRegex(source);
  if (result.kind === "error") throw new Error(result.message);
  return result.regex;
}

export function probeDeps(overrides: Partial<ProbeDeps> = {}): ProbeDeps {
  return {
    clock: new SystemClock(),
    resolver: new Resolver(),
    pool: new BufferPool(),
    execPolicy: new ExecPolicy([]),
    killReach: findKillReach(),
    ...overrides,
  };
}

/** A run, and how long it took. */
export interface TimedRun extends ProbeRun {
  readonly tookMs: number;
}

export interface RunOptions {
  /** Default 10 s: longer than anything here takes. */
  timeoutMs?: number;
  trace?: TraceContext;
  deps?: Partial<ProbeDeps>;
}

/** Runs a probe once, the way the schedule does; the deadline holds or the test fails. */
export async function probeOnce(action: ProbeAction, options: RunOptions = {}): Promise<TimedRun> {
  const [run] = await probeTimes(1, action, options);
  return run;
}

/** Runs one probe several times in a row. `between` is called before each run but the first. */
export async function probeTimes(
  times: number,
  action: ProbeAction,
  { timeoutMs = 10_000, trace, deps }: RunOptions = {},
  between: (run: number) => unknown = () => {},
): Promise<TimedRun[]> {
  const clock: Clock = new SystemClock();
  const deadlines = new Deadlines(clock);
  const probe = makeProbe(probeConfig({ action, timeoutMs }), probeDeps(deps));
  const broken: unknown[] = [];
  const guard = new Guard(probe, { clock, deadlines, timeoutMs, onBroken: (error) => broken.push(error) });
  const runs: TimedRun[] = [];
  try {
    for (let i = 0; i < times; i++) {
      if (i > 0) await between(i);
      const startedAt = performance.now();
      const run = await guard.run(trace);
      runs.push({ ...run, tookMs: performance.now() - startedAt });
      assert.deepEqual(broken, [], "the probe threw");
      assert(runs[i].tookMs < timeoutMs + LATENESS_MS, `took ${runs[i].tookMs} of ${timeoutMs} ms`);
    }
  } finally {
    await guard.settled();
    deadlines.close();
  }
  return runs;
}

/** Asserts that a run passed, or that it failed for this reason with a detail like this. */
export function assertOutcome({ outcome }: ProbeRun, want: "pass" | Reason, detail?: RegExp): void {
  if (want === "pass") return assert.deepEqual(outcome, { kind: "pass" });
  assert.equal(outcome.kind, "fail", `passed, but should have failed with ${want}`);
  if (outcome.kind !== "fail") return;
  assert.equal(outcome.reason, want, outcome.detail);
  if (detail) assert.match(outcome.detail, detail);
  assert(outcome.detail.length < 1_000, "a detail is a sentence, not a dump");
}
