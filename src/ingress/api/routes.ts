import type { Instrument } from "../../model/instruments.ts";
import type { ProbeStatusSource } from "../../model/probe_status.ts";
import type { Route } from "../router.ts";
import { apiRoute, type Call, failure } from "./envelope.ts";
import { metadataCall } from "./metadata_call.ts";
import { ApiProblem } from "./problem.ts";
import type { Share } from "./share.ts";
import {
  exemplarsCall,
  formatCall,
  instantCall,
  parseCall,
  type QueryCallDeps,
  rangeCall,
} from "./query_calls.ts";
import { labelNamesCall, labelValuesCall, seriesCall } from "./series_calls.ts";
import {
  alertsCall,
  buildInfoCall,
  configCall,
  flagsCall,
  rulesCall,
  type RuntimeFacts,
  runtimeInfoCall,
  targetsCall,
  tsdbCall,
} from "./status_calls.ts";

export interface ApiDeps extends QueryCallDeps {
  readonly probes: ProbeStatusSource;
  /** Those of all series that are measured now. */
  readonly instruments: () => Iterable<Instrument>;
  readonly facts: () => RuntimeFacts;
}

const GET = ["GET"] as const;
const FORM = ["GET", "POST"] as const;

/** The part of Prometheus' HTTP API that reads (Prometheus, docs/querying/api), by path. Nothing here changes state. */
export function apiRoutes(deps: ApiDeps, share: Share): Map<string, Route> {
  const { store, clock, probes, instruments, facts } = deps;
  const calls: readonly (readonly [path: string, methods: Route["methods"], call: Call])[] = [
    ["query", FORM, instantCall(deps, share)],
    ["query_range", FORM, rangeCall(deps, share)],
    ["query_exemplars", FORM, exemplarsCall],
    ["format_query", FORM, formatCall],
    ["parse_query", FORM, parseCall],
    ["series", FORM, seriesCall(store)],
    ["labels", FORM, labelNamesCall(store)],
    ["label/", GET, labelValuesCall(store)],
    ["metadata", GET, metadataCall(instruments)],
    ["targets", GET, targetsCall(probes)],
    ["rules", GET, rulesCall],
    ["alerts", GET, alertsCall],
    ["status/buildinfo", GET, buildInfoCall],
    ["status/config", GET, configCall(facts)],
    ["status/flags", GET, flagsCall(facts)],
    ["status/runtimeinfo", GET, runtimeInfoCall(facts, () => clock.wallNow())],
    ["status/tsdb", GET, tsdbCall(facts, store)],
  ];
  const routes = new Map(
    calls.map(([path, methods, call]) => [`api/v1/${path}`, apiRoute(methods, call, share)]),
  );
  routes.set("api/", { methods: FORM, handle: () => failure(new ApiProblem("not_found", "no such call")) });
  return routes;
}
