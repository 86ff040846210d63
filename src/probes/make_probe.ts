import type { Clock } from "../base/clock.ts";
import type { ProbeAction, ProbeConfig } from "../config/mod.ts";
import type { ExecPolicy } from "./exec/exec_policy.ts";
import { ExecProbe } from "./exec/exec_probe.ts";
import type { KillReach } from "./exec/process_group.ts";
import { GrpcProbe } from "./grpc/grpc_probe.ts";
import { HttpProbe } from "./http/http_probe.ts";
import { Dialer } from "./net/dialer.ts";
import type { BufferPool } from "./net/inbox.ts";
import type { Resolver } from "./net/resolver.ts";
import type { Probe } from "./probe.ts";
import { TcpProbe } from "./tcp/tcp_probe.ts";

/** What probes share. */
export interface ProbeDeps {
  readonly clock: Clock;
  readonly resolver: Resolver;
  readonly pool: BufferPool;
  readonly execPolicy: ExecPolicy;
  readonly killReach: KillReach;
}

type Kind = ProbeAction["kind"];
type ActionOf<K extends Kind> = Extract<ProbeAction, { kind: K }>;
type Maker<K extends Kind> = (action: ActionOf<K>, timeoutMs: number, deps: ProbeDeps) => Probe;

/** One row a kind of probe. */
const MAKERS: { readonly [K in Kind]: Maker<K> } = {
  http: ({ http: action }, timeoutMs, deps) =>
    new HttpProbe({ action, timeoutMs, clock: deps.clock, dialer: new Dialer(deps) }),
  grpc: ({ grpc: action }, timeoutMs, deps) =>
    new GrpcProbe({ action, timeoutMs, clock: deps.clock, dialer: new Dialer(deps) }),
  tcp: ({ tcp: action }, timeoutMs, deps) =>
    new TcpProbe({ action, timeoutMs, clock: deps.clock, dialer: new Dialer(deps) }),
  exec: ({ exec: action }, timeoutMs, deps) =>
    new ExecProbe({ action, timeoutMs, clock: deps.clock, policy: deps.execPolicy, reach: deps.killReach }),
};

/** Makes the probe that a configuration describes. */
export function makeProbe({ action, timeoutMs }: ProbeConfig, deps: ProbeDeps): Probe {
  const maker = MAKERS[action.kind] as Maker<Kind>;
  return maker(action, timeoutMs, deps);
}
