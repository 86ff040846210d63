import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { inSlices } from "../base/steps.ts";
import { type Config, fingerprint } from "../config/mod.ts";
import {
  assemble,
  type Assembly,
  type Foundation,
  ingressWithin,
  layFoundation,
  makeEngine,
  type Parts,
} from "./assemble.ts";

/** What became of a configuration. */
export type Applied = { readonly kind: "applied" } | {
  readonly kind: "refused";
  readonly reasons: readonly string[];
};

/** How much longer than its limit a step of the stop is waited for, ms. */
const STOP_GRACE_MS = 1_000;

/** How long answers that run may take to finish before a restart, ms. */
const RESTART_DRAIN_MS = 100;

/** How long a part that is closed for a restart is waited for, whatever is wrong with it, ms. */
const RESTART_CLOSE_MS = 500;

/** How long what a restart replaced may take to clear up, ms. */
const REPLACED_CLOSE_MS = 5_000;

/**
 * One running Bunny: probes, store, verdicts, telemetry. Configurations are applied one after the other; what a new one
 * does not change keeps running untouched.
 */
export class Service {
  readonly #foundation: Foundation;
  readonly #assembly: Assembly;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #parts: Parts;
  #config: Config;
  /** Parts that a restart replaced, while they clear up. */
  readonly #leaving = new Set<Promise<void>>();
  /** The last of the configurations that wait to be applied. */
  #turn: Promise<unknown> = Promise.resolve();
  #stopping = false;

  /** @throws when the address can't be had, or the store can't be opened in a way that it could carry on from */
  static async start(config: Config, assembly: Assembly): Promise<Service> {
    let service: Service | undefined;
    const foundation = await layFoundation(config, assembly);
    try {
      const parts = await assemble(() => service?.config ?? config, foundation, assembly);
      return service = new Service(config, foundation, parts, assembly);
    } catch (error) {
      await foundation.store.close();
      throw error;
    }
  }

  private constructor(config: Config, foundation: Foundation, parts: Parts, assembly: Assembly) {
    this.#config = config;
    this.#foundation = foundation;
    this.#parts = parts;
    this.#assembly = assembly;
    this.#clock = assembly.clock;
    this.#logger = assembly.logging.logger("main");
  }

  get config(): Config {
    return this.#config;
  }

  /** The port that everything is answered on. */
  get port(): number {
    return this.#parts.ingress.port;
  }

  /** The one for verdicts alone; `undefined`: there is none. */
  get healthPort(): number | undefined {
    return this.#parts.ingress.healthPort;
  }

  /**
   * Goes over to another configuration; what can't be had of it (an address in use) leaves all as it was. Calls take
   * turns. Never rejects.
   */
  apply(config: Config): Promise<Applied> {
    const applied = this.#turn.then(() => this.#apply(config)).catch((error): Applied => ({
      kind: "refused",
      reasons: [messageOf(error)],
    }));
    this.#turn = applied;
    return applied;
  }

  /** Notes whether the last attempt to go over to another configuration succeeded. */
  reloaded(successful: boolean): void {
    this.#parts.reloads.record(successful);
  }

  /**
   * Replaces everything but the store and the meters, for when something is wrong and nobody knows what. No sample and no
   * count is lost; verdicts are damped anew. Takes turns with `apply`.
   * @throws when the address can't be had again
   */
  restart(): Promise<void> {
    const restarted = this.#turn.then(() => this.#restart());
    this.#turn = restarted.catch(() => {}); // told to the caller
    return restarted;
  }

  /**
   * Stops beats, drains answers, flushes telemetry and closes the store, within the limit; whatever does not end by then is
   * left behind a moment later.
   */
  async stop(limitMs: number): Promise<void> {
    const deadline = this.#clock.now() + limitMs;
    this.#stopping = true;
    const left = () => Math.max(0, deadline - this.#clock.now());
    const step = (what: string, run: () => Promise<unknown>) => this.#step(what, run, left() + STOP_GRACE_MS);
    await step("finishing a reload", () => this.#turn);
    const { schedule, ingress, telemetry } = this.#parts;
    await step("stopping the probes", () => schedule.stop());
    await step("draining the HTTP server", () => ingress.close(Math.min(left(), 5_000)));
    await step("stopping the meters", () => closeMeters(this.#parts));
    await step("flushing telemetry", () => telemetry.shutdown(left()));
    await step("clearing up after a restart", () => Promise.all(this.#leaving));
    await step("closing the store", () => this.#foundation.store.close());
  }

  async #restart(): Promise<void> {
    if (this.#stopping) return;
    const { ingress, schedule, reloads } = this.#parts;
    // The address can't be had twice, so its old holder goes first.
    await this.#step("closing the HTTP server", () => ingress.close(RESTART_DRAIN_MS), RESTART_CLOSE_MS);
    const old = this.#parts;
    this.#parts = await assemble(() => this.#config, this.#foundation, this.#assembly, reloads.facts);
    // The new probes hold their series already: those of the old ones go on without a stale marker.
    await this.#step("dropping the old probes", () => schedule.apply([]));
    const leaving = this.#dismantle(old).finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  async #dismantle(parts: Parts): Promise<void> {
    await Promise.all([
      this.#step("stopping the old probes", () => parts.schedule.stop()),
      this.#step("stopping the old meters", () => closeMeters(parts)),
      this.#step("flushing the old telemetry", () => parts.telemetry.shutdown(REPLACED_CLOSE_MS)),
    ]);
  }

  async #apply(config: Config): Promise<Applied> {
    if (this.#stopping) return { kind: "refused", reasons: ["Bunny is stopping"] };
    const parts = this.#parts;
    const before = this.#config;
    const keepsEngine = fingerprint(config.telemetry.promql) === fingerprint(before.telemetry.promql);
    const engine = keepsEngine ? parts.engine : makeEngine(config, this.#assembly, this.#foundation.queries);
    // The address comes first: it is the one thing that the machine may refuse, and then nothing has changed yet.
    await parts.ingress.apply(ingressWithin(config, this.#assembly), engine);
    parts.engine = engine;
    await inSlices(parts.schedule.applying(config.egress.probes), this.#clock);
    await parts.telemetry.apply(config.telemetry);
    if (fingerprint(config.telemetry.store) !== fingerprint(this.#foundation.storeConfig)) {
      this.#logger.warn(
        "telemetry.prometheus: a changed tsdbPath or tsdbOptions takes effect at the next start",
      );
    }
    this.#config = config;
    return { kind: "applied" };
  }

  /** One step of several; one that fails, or does not end in time, must not keep the others from their turn. */
  async #step(what: string, run: () => unknown, limitMs = Infinity): Promise<void> {
    const done = new AbortController();
    const late = this.#clock.sleepUntil(this.#clock.now() + limitMs, done.signal).then((isLate) => {
      if (isLate) this.#logger.error(`${what} did not end in time`);
    });
    try {
      await Promise.race([run(), late]);
    } catch (error) {
      this.#logger.error(`${what} failed`, { error: messageOf(error) });
    }
    done.abort();
  }
}

async function closeMeters({ internals, reloads }: Parts): Promise<void> {
  await internals[Symbol.asyncDispose]();
  await reloads[Symbol.asyncDispose]();
}
