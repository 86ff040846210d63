import type { Clock } from "../base/clock.ts";
import type { Logging } from "../base/log.ts";
import type { Config } from "../config/mod.ts";
import { Ingress } from "../ingress/mod.ts";
import { Schedule } from "../probes/mod.ts";
import { Engine } from "../query/mod.ts";
import { Store } from "../store/mod.ts";
import { MeterRegistry, Telemetry } from "../telemetry/mod.ts";

/** What a service is made from, beside its configuration. */
export interface Assembly {
  readonly clock: Clock;
  readonly logging: Logging;
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute paths of the programs that exec probes may run. */
  readonly execAllowList: ReadonlySet<string>;
}

/** The parts of a running service, in the order in which they are opened; they are closed in the opposite one. */
export interface Parts {
  readonly store: Store;
  readonly meter: MeterRegistry;
  readonly telemetry: Telemetry;
  engine: Engine;
  readonly schedule: Schedule;
  readonly ingress: Ingress;
}
