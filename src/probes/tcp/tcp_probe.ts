import type { Clock } from "../../base/clock.ts";
import type { TcpAction } from "../../config/mod.ts";
import type { Outcome, ProbeFacts } from "../../model/probe_result.ts";
import { Quoter } from "../excerpt.ts";
import type { Dialer } from "../net/dialer.ts";
import { Run } from "../net/run.ts";
import { TlsFiles } from "../net/tls_files.ts";
import type { Probe, ProbeRun } from "../probe.ts";
import { Conversation } from "./conversation.ts";

export interface TcpProbeOptions {
  readonly action: TcpAction;
  readonly timeoutMs: number;
  readonly dialer: Dialer;
  readonly clock: Clock;
}

/** Connects, and goes through the expect steps if there are any. */
export class TcpProbe implements Probe {
  readonly #action: TcpAction;
  readonly #timeoutMs: number;
  readonly #dialer: Dialer;
  readonly #clock: Clock;
  readonly #tls: TlsFiles | undefined;
  readonly #conversation: Conversation;

  constructor({ action, timeoutMs, dialer, clock }: TcpProbeOptions) {
    this.#action = action;
    this.#timeoutMs = timeoutMs;
    this.#dialer = dialer;
    this.#clock = clock;
    this.#tls = action.tls && new TlsFiles(action.tls, clock);
    this.#conversation = new Conversation(action.expect, new Quoter(), dialer.pool);
  }

  async run(signal: AbortSignal): Promise<ProbeRun> {
    using run = new Run({ signal, clock: this.#clock, timeoutMs: this.#timeoutMs });
    const { host, port } = this.#action;
    let facts: ProbeFacts = { serverAddress: host, serverPort: port };
    let outcome: Outcome;
    try {
      const dialed = await this.#dialer.dial(run, { host, port, tls: this.#tls, alpn: [] }, {});
      if (dialed.kind === "fail") {
        outcome = dialed;
      } else {
        const end = await this.#conversation.hold(dialed.wire, run);
        outcome = end.outcome;
        facts = {
          ...facts,
          certificateExpirySeconds: dialed.certificateExpirySeconds,
          expectFailedStep: end.failedStep,
        };
      }
    } catch (error) {
      outcome = run.failure(error);
    }
    return { outcome, facts, events: run.events };
  }
}
