/** Answers' bytes that may wait for clients to take them, all connections together. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** A client that has not taken its answer for so long is slow. */
const SLOW_AFTER_MS = 250;

/** Connections that one sweep ends at most: they often come, and expire, all at once, and verdicts wait meanwhile. */
const MAX_ENDED_A_SWEEP = 5;

/** How many times `writeTimeoutMs` an answer may take at most whose client is quick: the rest is our own slowness. */
const MAX_WRITE_TIMEOUTS = 6;

/** A connection, as far as its end may be decided about. */
export interface Endable {
  /** Bytes that have come so far. */
  readonly bytesRead: number;
  /** Ends it at once. */
  end(): void;
  /** Ends it for a request that has not come in time. */
  timeOut(): void;
  /** Nothing of its answer has been written in time: something else is to be written instead. */
  onOverdue(): void;
}

/** A connection that has no request to be answered. */
interface Idle {
  /** Since when, monotonic ms. */
  readonly sinceMs: number;
  /** What it had sent by then: more means that its next request is under way. */
  readonly bytesRead: number;
  /** Since when its next request has been under way, as far as a sweep has noticed, monotonic ms. */
  headSinceMs: number | undefined;
  /** Whether its time was up at the last sweep: what has arrived by then is read before the next one. */
  isExpiring: boolean;
}

/** How long connections may take for what they do, ms. */
export interface Patience {
  /** For a request's head; also for the first word on a new connection. */
  readonly readHeaderTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** From the request's head to the answer's beginning; then again, all together, for the client to take it. */
  readonly writeTimeoutMs: number;
}

/** A connection with an answer under way. */
interface Busy {
  /** When it was asked for, monotonic ms. */
  readonly sinceMs: number;
  hasBegun: boolean;
  /** How much of it is written and waits to be taken. */
  waitingBytes: number;
  /** Since when, monotonic ms. */
  waitingSinceMs: number;
  /** How long its client has let it wait before, not counting moments, ms. */
  waitedMs: number;
}

/**
 * The open connections of one server. When there are too many, or too much waits to be taken, those that gain nobody
 * anything go first: idle ones, then clients that do not take their answers. A client that has just come and wants one
 * quick answer, as the kubelet does, is the last to suffer.
 */
export class Connections {
  /** Longest idle first. */
  readonly #idle = new Map<Endable, Idle>();
  /** Longest busy first. */
  readonly #busy = new Map<Endable, Busy>();
  #waitingBytes = 0;

  get count(): number {
    return this.#idle.size + this.#busy.size;
  }

  get busyCount(): number {
    return this.#busy.size;
  }

  /** Takes a new connection in, in another's place if there are `max` already. */
  add(connection: Endable, max: number, nowMs: number): void {
    // The first request is waited for as if it were under way already.
    this.#idle.set(connection, { sinceMs: nowMs, bytesRead: -1, headSinceMs: nowMs, isExpiring: false });
    while (this.count > max) this.#end(this.#leastUseful(connection, nowMs) ?? connection);
  }

  /** A request has come. */
  begin(connection: Endable, nowMs: number): void {
    this.#idle.delete(connection);
    this.#busy.set(connection, {
      sinceMs: nowMs,
      hasBegun: false,
      waitingBytes: 0,
      waitingSinceMs: 0,
      waitedMs: 0,
    });
  }

  /** So many bytes of the answer are written and wait to be taken. Others may have to go for them. */
  written(connection: Endable, bytes: number, nowMs: number): void {
    const busy = this.#busy.get(connection);
    if (!busy) return;
    busy.hasBegun = true;
    if (busy.waitingBytes === 0) busy.waitingSinceMs = nowMs;
    else if (bytes === 0 && isSlow(busy, nowMs)) busy.waitedMs += nowMs - busy.waitingSinceMs;
    this.#waitingBytes += bytes - busy.waitingBytes;
    busy.waitingBytes = bytes;
    while (this.#waitingBytes > MAX_WAITING_BYTES) {
      const slowest = this.#slowest(connection, nowMs);
      if (!slowest) return;
      this.#end(slowest);
    }
  }

  /** The answer has been taken, and another request may come. */
  finish(connection: Endable, nowMs: number): void {
    if (!this.#busy.has(connection)) return;
    this.forget(connection);
    const { bytesRead } = connection;
    this.#idle.set(connection, { sinceMs: nowMs, bytesRead, headSinceMs: undefined, isExpiring: false });
  }

  /** The connection has ended. */
  forget(connection: Endable): void {
    this.#idle.delete(connection);
    this.#waitingBytes -= this.#busy.get(connection)?.waitingBytes ?? 0;
    this.#busy.delete(connection);
  }

  /** Ends some of those that take longer than they may. @returns whether there are more of them */
  sweep(nowMs: number, patience: Patience): boolean {
    let left = MAX_ENDED_A_SWEEP;
    let isExpiring = false;
    for (const [connection, idle] of this.#idle) {
      if (idle.headSinceMs === undefined && connection.bytesRead !== idle.bytesRead) idle.headSinceMs = nowMs;
      const isOver = idle.headSinceMs !== undefined
        ? nowMs - idle.headSinceMs >= patience.readHeaderTimeoutMs
        : nowMs - idle.sinceMs >= patience.idleTimeoutMs;
      const wasExpiring = idle.isExpiring;
      idle.isExpiring = isOver;
      if (!isOver) continue;
      isExpiring = true;
      // On a busy machine its request may wait to be read: it would be reset unanswered.
      if (!wasExpiring) continue;
      if (left-- === 0) return true;
      if (idle.headSinceMs === undefined) this.#end(connection);
      else {
        this.forget(connection);
        connection.timeOut();
      }
    }
    for (const [connection, busy] of this.#busy) {
      const tookMs = nowMs - busy.sinceMs;
      if (tookMs < patience.writeTimeoutMs) continue;
      if (busy.hasBegun) {
        const isCut = waitedMs(busy, nowMs) >= patience.writeTimeoutMs ||
          tookMs >= MAX_WRITE_TIMEOUTS * patience.writeTimeoutMs;
        if (!isCut) continue;
        if (left-- === 0) return true;
        this.#end(connection);
      } else {
        if (left-- === 0) return true;
        connection.onOverdue();
      }
    }
    return isExpiring;
  }

  endIdle(): void {
    for (const connection of this.#idle.keys()) this.#end(connection);
  }

  endAll(): void {
    this.endIdle();
    for (const connection of this.#busy.keys()) this.#end(connection);
  }

  /** `undefined`: every other one is being worked for. */
  #leastUseful(newcomer: Endable, nowMs: number): Endable | undefined {
    for (const connection of this.#idle.keys()) if (connection !== newcomer) return connection;
    return this.#slowest(newcomer, nowMs);
  }

  /** The longest busy among those whose answer is written and not taken. */
  #slowest(besides: Endable, nowMs: number): Endable | undefined {
    for (const [connection, { sinceMs, waitingBytes }] of this.#busy) {
      if (connection !== besides && waitingBytes > 0 && nowMs - sinceMs >= SLOW_AFTER_MS) return connection;
    }
    return undefined;
  }

  #end(connection: Endable): void {
    this.forget(connection);
    connection.end();
  }
}

/** Whether the client lets it wait for more than a moment: a busy event loop hears late of what has been taken. */
function isSlow({ waitingBytes, waitingSinceMs }: Busy, nowMs: number): boolean {
  return waitingBytes > 0 && nowMs - waitingSinceMs >= SLOW_AFTER_MS;
}

/** How long the client has let an answer wait, all together. */
function waitedMs(busy: Busy, nowMs: number): number {
  return busy.waitedMs + (isSlow(busy, nowMs) ? nowMs - busy.waitingSinceMs : 0);
}
