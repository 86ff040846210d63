import type { Clock } from "../../base/clock.ts";
import type { HttpPhase } from "../../model/probe_result.ts";
import type { Failure } from "../probe.ts";
import type { BufferPool } from "./inbox.ts";
import { type Connect, connectInTurn, connectToFirst } from "./connect.ts";
import { connectTcp } from "./connect_tcp.ts";
import { authority, bare, type Resolved, type Resolver } from "./resolver.ts";
import type { Closable, Run } from "./run.ts";
import type { TlsFiles } from "./tls_files.ts";
import { TLS_TAKES_STREAMS, TlsWire } from "./tls_wire.ts";
import { PlainWire, type Wire } from "./wire.ts";

/** How long each phase took so far, ms; redirects add to it. */
export type PhaseTimes = Partial<Record<HttpPhase, number>>;

export interface Target {
  /** Name or address; IPv6 with or without brackets. */
  readonly host: string;
  readonly port: number;
  /** `undefined`: in the clear. */
  readonly tls: TlsFiles | undefined;
  /** Application protocols to offer over TLS (ALPN). */
  readonly alpn: readonly string[];
}

export interface Dialed {
  readonly kind: "dialed";
  readonly wire: Wire;
  /** Application protocol agreed on over TLS (ALPN). */
  readonly protocol: string | undefined;
  readonly certificateExpirySeconds: number | undefined;
}

/** Opens connections for one probe. */
export class Dialer {
  readonly pool: BufferPool;
  readonly #resolver: Resolver;
  readonly #clock: Clock;
  /** Which loopback address answered last: asked first. */
  #lastLoopback = "127.0.0.1";

  constructor({ resolver, pool, clock }: { resolver: Resolver; pool: BufferPool; clock: Clock }) {
    this.#resolver = resolver;
    this.pool = pool;
    this.#clock = clock;
  }

  /** Resolves, connects and shakes hands. Rejects with the socket's error: `run.failure` says what it means. */
  async dial(run: Run, target: Target, phases: PhaseTimes): Promise<Dialed | Failure> {
    const { host, port, tls } = target;
    const resolved = this.#resolver.known(host) ?? await this.#resolve(run, host, phases);
    if (resolved.kind === "fail") return resolved;
    const context = tls && await tls.context();
    if (context?.kind === "fail") return context;

    let startedAt = run.now();
    run.enter(`connecting to ${authority(host, port)}`, "connect");
    const connect = <T extends Closable>(to: Connect<T>) => this.#connect(run, host, resolved.addresses, to);
    const connectPlainly = async () =>
      new PlainWire(await connect((address, signal) => connectTcp(address, port, signal)));
    if (!tls || !context) {
      const wire = await connectPlainly();
      run.hold(wire);
      took(phases, "connect", startedAt, run);
      return { kind: "dialed", wire, protocol: undefined, certificateExpirySeconds: undefined };
    }
    const options = {
      serverName: tls.config.serverName ?? bare(host),
      context: context.context,
      verify: tls.config.verify,
      alpn: target.alpn,
    };
    const wire = TLS_TAKES_STREAMS
      ? TlsWire.over(await connectPlainly(), this.pool, run, options)
      : await connect((address, signal) => TlsWire.connect(address, port, options, signal));
    run.hold(wire);
    startedAt = took(phases, "connect", startedAt, run);
    run.enter(`shaking hands (TLS) with ${authority(host, port)}`, "tls");
    await wire.secured();
    took(phases, "tls", startedAt, run);
    return {
      kind: "dialed",
      wire,
      protocol: wire.protocol,
      certificateExpirySeconds: wire.certificateExpirySeconds,
    };
  }

  async #resolve(run: Run, host: string, phases: PhaseTimes): Promise<Resolved> {
    const startedAt = run.now();
    run.enter(`resolving ${host}`, "dns");
    const resolved = await untilAborted(this.#resolver.resolve(host), run.signal);
    took(phases, "resolve", startedAt, run);
    return resolved ?? run.timedOut();
  }

  async #connect<T extends Closable>(
    run: Run,
    host: string,
    addresses: readonly string[],
    connect: Connect<T>,
  ): Promise<T> {
    const options = {
      addresses,
      connect,
      close: (connection: T) => connection.close(),
      signal: run.signal,
      clock: this.#clock,
    };
    if (host !== "localhost") return (await connectToFirst(options)).connection;
    const inOrder = this.#lastLoopback === addresses[0] ? addresses : addresses.toReversed();
    const { address, connection } = await connectInTurn({ ...options, addresses: inOrder });
    this.#lastLoopback = address;
    return connection;
  }
}

/** Adds the time since `startedAt` to a phase. @returns now */
function took(phases: PhaseTimes, phase: HttpPhase, startedAt: number, run: Run): number {
  const now = run.now();
  phases[phase] = (phases[phase] ?? 0) + now - startedAt;
  return now;
}

/** Waits no longer than the signal lets us; `undefined` then. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(undefined);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
