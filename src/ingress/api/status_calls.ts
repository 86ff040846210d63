import type { ProbeStatus, ProbeStatusSource } from "../../model/probe_status.ts";
import type { Queryable } from "../../model/store.ts";
import { VERSION } from "../../model/version.ts";
import { type Call, reply } from "./envelope.ts";
import { eachInTurns } from "./in_turns.ts";
import { ApiProblem } from "./problem.ts";

/** What the supervisor knows and these calls show. Never secrets. */
export interface RuntimeFacts {
  /** Wall clock, ms. */
  readonly startedAtMs: number;
  readonly lastConfigAtMs: number;
  readonly reloadConfigSuccess: boolean;
  /** Configuration in force, as YAML, secrets left out; made when it is asked for. */
  readonly configYaml: () => string;
  readonly flags: Readonly<Record<string, string>>;
  readonly retention: string;
  readonly head: {
    readonly series: number;
    readonly chunks: number;
    readonly minTimeMs: number;
    readonly maxTimeMs: number;
  };
  readonly corruptions: number;
}

/**
 * `targets`: the probes, in the words that Prometheus has for scrape targets; a pool is all of one type. As there, a
 * state that nobody knows selects nothing.
 */
export function targetsCall(source: ProbeStatusSource): Call {
  return (form) => {
    const isActive = ["", "any", "active"].includes(form.text("state").toLowerCase());
    const pool = form.text("scrapePool");
    const shown = isActive ? source.probes().filter(({ type }) => pool === "" || type === pool) : [];
    return reply({ activeTargets: shown.map(target), droppedTargets: [], droppedTargetCounts: {} });
  };
}

/** What Go's clients take for no time at all. */
const NEVER = "0001-01-01T00:00:00Z";

function target(probe: ProbeStatus) {
  const last = probe.lastResult;
  return {
    discoveredLabels: {},
    labels: probe.labels.toRecord(),
    scrapePool: probe.type,
    scrapeUrl: probe.target,
    globalUrl: probe.target,
    lastError: last?.outcome.kind === "fail" ? `${last.outcome.reason}: ${last.outcome.detail}` : "",
    lastScrape: last ? new Date(last.startedAtMs).toISOString() : NEVER,
    lastScrapeDuration: (last?.durationMs ?? 0) / 1_000,
    health: last === undefined ? "unknown" : last.outcome.kind === "pass" ? "up" : "down",
    scrapeInterval: `${probe.periodMs}ms`,
    scrapeTimeout: `${probe.timeoutMs}ms`,
  };
}

/** `rules` and `alerts`: there are none, but clients that list them ask first and take a 404 for another product. */
export const rulesCall: Call = () => reply({ groups: [] });
export const alertsCall: Call = () => reply({ alerts: [] });

/** `status/buildinfo`. `version` is that of the Prometheus API that is spoken, for clients that switch on it. */
export const buildInfoCall: Call = () =>
  reply({
    version: "3.14.0",
    revision: `bunny-${VERSION}`,
    branch: "",
    buildUser: "",
    buildDate: "",
    goVersion: `deno ${Deno.version.deno}`,
  });

export function configCall(facts: () => RuntimeFacts): Call {
  return () => reply({ yaml: facts().configYaml() });
}

export function flagsCall(facts: () => RuntimeFacts): Call {
  return () => reply(facts().flags);
}

export function runtimeInfoCall(facts: () => RuntimeFacts, now: () => number): Call {
  return () => {
    const { startedAtMs, lastConfigAtMs, reloadConfigSuccess, retention, corruptions } = facts();
    return reply({
      startTime: new Date(startedAtMs).toISOString(),
      CWD: "",
      hostname: "",
      serverTime: new Date(now()).toISOString(),
      reloadConfigSuccess,
      lastConfigTime: new Date(lastConfigAtMs).toISOString(),
      corruptionCount: corruptions,
      goroutineCount: 1,
      GOMAXPROCS: 1,
      GOMEMLIMIT: 0,
      GOGC: "",
      GODEBUG: "",
      storageRetention: retention,
    });
  };
}

/** Most rows of one of its tables, as in Prometheus. */
const MAX_TOP = 10_000;

/** `status/tsdb`: what the head holds, and which names and values have the most series. */
export function tsdbCall(facts: () => RuntimeFacts, store: Queryable): Call {
  return async (form, _request, work) => {
    const limit = form.signedLimit("limit") ?? 10;
    if (limit < 1) throw new ApiProblem("bad_data", "limit must be a positive number");
    if (limit > MAX_TOP) throw new ApiProblem("bad_data", `limit must not exceed ${MAX_TOP}`);
    const { head } = facts();
    const series = store.select({ matchers: [], minTimeMs: head.minTimeMs, maxTimeMs: head.maxTimeMs });
    const byMetric = new Map<string, number>();
    const byPair = new Map<string, number>();
    const valuesByName = new Map<string, Set<string>>();
    const bytesByName = new Map<string, number>();
    await eachInTurns(series, work, ({ labels }) => {
      if (labels.metricName !== "") count(byMetric, labels.metricName, 1);
      for (const [name, value] of labels) {
        count(byPair, `${name}=${value}`, 1);
        const values = valuesByName.get(name) ?? new Set();
        if (!values.has(value)) count(bytesByName, name, value.length);
        valuesByName.set(name, values.add(value));
      }
    });
    const top = (counts: ReadonlyMap<string, number>) =>
      [...counts].sort(([, a], [, b]) => b - a).slice(0, limit).map(([name, value]) => ({ name, value }));
    return reply({
      headStats: {
        numSeries: head.series,
        numLabelPairs: byPair.size,
        chunkCount: head.chunks,
        minTime: head.minTimeMs,
        maxTime: head.maxTimeMs,
      },
      seriesCountByMetricName: top(byMetric),
      labelValueCountByLabelName: top(
        new Map([...valuesByName].map(([name, values]) => [name, values.size])),
      ),
      memoryInBytesByLabelName: top(bytesByName),
      seriesCountByLabelValuePair: top(byPair),
    });
  };
}

function count(counts: Map<string, number>, key: string, amount: number): void {
  counts.set(key, (counts.get(key) ?? 0) + amount);
}
