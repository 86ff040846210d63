import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { type Config, fingerprint } from "../config/mod.ts";
import { assemble, type Assembly, makeEngine, type Parts } from "./assemble.ts";

/** What became of a configuration. */
export type Applied = { readonly kind: "applied" } | {
  readonly kind: "refused";
  readonly reasons: readonly string[];
};

/**
 * One running Bunny: probes, store, verdicts, telemetry. Configurations are applied one after the other; what a new one
 * does not change keeps running untouched.
 */
export class Service {
  readonly #parts: Parts;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #config: Config;
  /** The last of the configurations that wait to be applied. */
  #turn: Promise<unknown> = Promise.resolve();
  #stopping = false;

  /** @throws when the address can't be had, or the store can't be opened in a way that it could carry on from */
  static async start(config: Config, assembly: Assembly): Promise<Service> {
    let service: Service | undefined;
    const parts = await assemble(() => service?.config ?? config, assembly);
    return service = new Service(config, parts, assembly);
  }

  private constructor(config: Config, parts: Parts, assembly: Assembly) {
    this.#config = config;
    this.#parts = parts;
    this.#clock = assembly.clock;
    this.#logger = assembly.logging.logger("main");
  }

  get config(): Config {
    return this.#config;
  }

  /** The port that health answers are given on. */
  get port(): number {
    return this.#parts.ingress.port;
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

  /** Stops beats, drains answers, flushes telemetry and closes the store, within the limit as far as they let it. */
  async stop(limitMs: number): Promise<void> {
    const deadline = this.#clock.now() + limitMs;
    this.#stopping = true;
    await this.#turn;
    const left = () => Math.max(0, deadline - this.#clock.now());
    const { schedule, ingress, internals, reloads, telemetry, store } = this.#parts;
    await this.#step("stopping the probes", () => schedule.stop());
    await this.#step("draining the HTTP server", () => ingress.close(Math.min(left(), 5_000)));
    await this.#step("stopping the meters", async () => {
      await internals[Symbol.asyncDispose]();
      await reloads[Symbol.asyncDispose]();
    });
    await this.#step("flushing telemetry", () => telemetry.shutdown(left()));
    await this.#step("closing the store", () => store.close());
  }

  async #apply(config: Config): Promise<Applied> {
    if (this.#stopping) return { kind: "refused", reasons: ["Bunny is stopping"] };
    const parts = this.#parts;
    const before = this.#config;
    const keepsEngine = fingerprint(config.telemetry.promql) === fingerprint(before.telemetry.promql);
    const engine = keepsEngine ? parts.engine : makeEngine(config, this.#clock, parts.queries);
    // The address comes first: it is the one thing that the machine may refuse, and then nothing has changed yet.
    await parts.ingress.apply(config.ingress, engine);
    parts.engine = engine;
    parts.schedule.apply(config.egress.probes);
    await parts.telemetry.apply(config.telemetry);
    if (fingerprint(config.telemetry.store) !== fingerprint(before.telemetry.store)) {
      this.#logger.warn(
        "telemetry.prometheus: a changed tsdbPath or tsdbOptions takes effect at the next start",
      );
    }
    this.#config = config;
    return { kind: "applied" };
  }

  /** One step of the stop; a failing one must not keep the others from their turn. */
  async #step(what: string, run: () => Promise<void> | void): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#logger.error(`${what} failed`, { error: messageOf(error) });
    }
  }
}
