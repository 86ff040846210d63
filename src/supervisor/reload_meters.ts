import type { Clock } from "../base/clock.ts";
import { INSTRUMENTS } from "../model/instruments.ts";
import { Labels } from "../model/labels.ts";
import type { Counter, Gauge, Meter, MeterGroup } from "../model/meter.ts";

/** How often the series are written, so that a query's lookback always finds them, ms. */
const COMMIT_EVERY_MS = 2_000;

/** The outcome of the last attempt, and when the running configuration was applied (wall clock, ms). */
export interface ReloadFacts {
  readonly successful: boolean;
  readonly appliedAtMs: number;
}

/** Whether the configuration that runs is the one that was last written, as series. */
export class ReloadMeters implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #group: MeterGroup;
  readonly #successful: Gauge;
  readonly #timestamp: Gauge;
  readonly #failures: Counter;
  readonly #stopping = new AbortController();
  readonly #beating: Promise<void>;
  #facts: ReloadFacts;
  #writtenAtMs = -Infinity;

  /** `before`: the facts to go on from. */
  constructor(meter: Meter, clock: Clock, before?: ReloadFacts) {
    this.#clock = clock;
    this.#group = meter.group();
    this.#successful = this.#group.gauge(INSTRUMENTS.bunny_config_last_reload_successful, Labels.EMPTY);
    this.#timestamp = this.#group.gauge(
      INSTRUMENTS.bunny_config_last_reload_success_timestamp_seconds,
      Labels.EMPTY,
    );
    this.#failures = this.#group.counter(INSTRUMENTS.bunny_config_reload_failures_total, Labels.EMPTY);
    this.#facts = before ?? { successful: true, appliedAtMs: clock.wallNow() };
    this.#beating = this.#beat();
  }

  get facts(): ReloadFacts {
    return this.#facts;
  }

  record(successful: boolean): void {
    if (!successful) this.#failures.add(1);
    this.#facts = { successful, appliedAtMs: successful ? this.#clock.wallNow() : this.#facts.appliedAtMs };
    this.#write();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#beating;
    this.#group.close(Math.max(this.#clock.wallNow(), this.#writtenAtMs + 1));
  }

  async #beat(): Promise<void> {
    let dueAt = this.#clock.now();
    do {
      this.#write();
      dueAt += COMMIT_EVERY_MS;
    } while (await this.#clock.sleepUntil(dueAt, this.#stopping.signal));
  }

  /** Never twice at one time: the store would keep only the first. */
  #write(): void {
    this.#successful.set(this.#facts.successful ? 1 : 0);
    this.#timestamp.set(this.#facts.appliedAtMs / 1_000);
    this.#writtenAtMs = Math.max(this.#clock.wallNow(), this.#writtenAtMs + 1);
    this.#group.commit(this.#writtenAtMs);
  }
}
