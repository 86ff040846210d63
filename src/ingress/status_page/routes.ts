import type { ProbeStatusSource } from "../../model/probe_status.ts";
import { VERSION } from "../../model/version.ts";
import { json, text } from "../answer.ts";
import type { RuntimeFacts } from "../api/status_calls.ts";
import { probeJson } from "../probe_json.ts";
import type { Route } from "../router.ts";

export interface StatusPageDeps {
  readonly probes: ProbeStatusSource;
  readonly facts: () => RuntimeFacts;
  /** Paths of the health endpoints. */
  readonly endpoints: () => readonly string[];
  /** Whether the query API is there, which the charts ask. */
  readonly api: boolean;
}

const PATHS = ["", "-/page/page.css", "-/page/page.js", "-/page/uplot.css", "-/page/uplot.js"];

/** Nothing but the page's own parts runs in it, and nothing frames it. */
const HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

/** The status page for people, its parts, and what it reads: `-/status`. */
export function statusPageRoutes(deps: StatusPageDeps): Map<string, Route> {
  const routes = new Map<string, Route>(PATHS.map((path) => [path, {
    methods: ["GET"],
    handle: async () => {
      const { ASSETS } = await import("./assets.ts");
      const asset = ASSETS[path];
      return asset ? { status: 200, ...asset, headers: HEADERS } : text(404, "not found\n");
    },
  }]));
  routes.set("-/status", { methods: ["GET"], handle: () => json(200, statusOf(deps)) });
  return routes;
}

function statusOf({ probes, facts, endpoints, api }: StatusPageDeps) {
  const { startedAtMs, lastConfigAtMs, reloadConfigSuccess } = facts();
  return {
    version: VERSION,
    startedAt: new Date(startedAtMs).toISOString(),
    configAppliedAt: new Date(lastConfigAtMs).toISOString(),
    configGood: reloadConfigSuccess,
    api,
    endpoints: endpoints(),
    probes: probes.probes().map((probe) => ({
      name: probe.name,
      ...probeJson(probe),
      periodMs: probe.periodMs,
      timeoutMs: probe.timeoutMs,
      consecutiveSuccesses: probe.consecutiveSuccesses,
    })),
  };
}
