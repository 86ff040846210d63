import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Requests that one connection may send ahead of their answers; someone who sends more is no browser. */
const MAX_AHEAD = 16;

/** Answers' bytes that may wait for clients to take them, all connections together. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** A client that has not taken its answer for so long is slow. */
const SLOW_AFTER_MS = 250;

/** Connections that one sweep ends at most: they often come, and expire, all at once. */
const MAX_ENDED_A_SWEEP = 20;

/** How many times `writeTimeoutMs` an answer may take at most whose client is quick: the rest is our own slowness. */
const MAX_WRITE_TIMEOUTS = 6;

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

/** What is told to whoever makes an answer. */
export interface Hearer {
  /** The client is gone before the answer's end, in whatever way. */
  readonly onGone: () => void;
  /** Nothing of the answer has been written in time: something else is to be written instead. */
  readonly onOverdue: () => void;
}

/** A connection with answers under way. */
interface Busy {
  /** When the oldest of them was asked for, monotonic ms. */
  sinceMs: number;
  /**
   * Whether the connection outlives them, as far as one knows: older runtimes tell of no connection, and each of their
   * requests comes on a socket of its own, which is nothing to keep.
   */
  readonly isKept: boolean;
  /** In the order in which they were asked for. */
  readonly answers: Map<ServerResponse, Pending>;
}

/** An answer under way. */
interface Pending {
  /** How much of it is written and waits to be taken. */
  waitingBytes: number;
  /** Since when, monotonic ms. */
  waitingSinceMs: number;
  /** How long its client has let it wait before, not counting moments, ms. */
  waitedMs: number;
  readonly hearer: Hearer;
  /** The answer that waits for this one's end. */
  onOver: () => void;
}

const REQUEST_TIMEOUT = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n";

/**
 * The open connections of one server. When there are too many, or too much waits to be taken, those that gain nobody
 * anything go first: idle ones, then clients that do not take their answers. A client that has just come and wants one
 * quick answer, as the kubelet does, is the last to suffer.
 */
export class Connections {
  /** Longest idle first. */
  readonly #idle = new Map<Socket, Idle>();
  /** Longest busy first. */
  readonly #busy = new Map<Socket, Busy>();
  #waitingBytes = 0;

  get count(): number {
    return this.#idle.size + this.#busy.size;
  }

  get busyCount(): number {
    return this.#busy.size;
  }

  /** Takes a new connection in, in another's place if there are `max` already. */
  add(socket: Socket, max: number, nowMs: number): void {
    // The first request is waited for as if it were under way already.
    this.#idle.set(socket, { sinceMs: nowMs, bytesRead: -1, headSinceMs: nowMs, isExpiring: false });
    socket.on("close", () => this.#forget(socket));
    while (this.count > max) this.#end(this.#leastUseful(socket, nowMs) ?? socket);
  }

  /**
   * A request has come. `hearer` is told of its client's end, for an answer that waits for the one before it hears nothing
   * of that from node:http.
   * @returns when it is its turn, if others of the connection come first; "refused": the connection has been ended
   */
  begin(
    socket: Socket,
    response: ServerResponse,
    nowMs: number,
    hearer: Hearer,
  ): Promise<void> | "refused" | undefined {
    if (socket.destroyed) return "refused";
    const isKept = this.#idle.delete(socket);
    const pending: Pending = {
      waitingBytes: 0,
      waitingSinceMs: 0,
      waitedMs: 0,
      hearer,
      onOver: () => {},
    };
    const busy = this.#busy.get(socket);
    if (!busy) {
      this.#busy.set(socket, { sinceMs: nowMs, isKept, answers: new Map([[response, pending]]) });
      return undefined;
    }
    if (busy.answers.size === MAX_AHEAD) {
      stopParsing(socket);
      this.#end(socket);
      return "refused";
    }
    const last = [...busy.answers.values()].at(-1);
    busy.answers.set(response, pending);
    return last && new Promise((resolve) => last.onOver = resolve);
  }

  /** So many bytes of an answer are written and wait to be taken. Others may have to go for them. */
  written(socket: Socket, response: ServerResponse, bytes: number, nowMs: number): void {
    const pending = this.#busy.get(socket)?.answers.get(response);
    if (!pending) return;
    if (pending.waitingBytes === 0) pending.waitingSinceMs = nowMs;
    else if (bytes === 0 && isSlow(pending, nowMs)) pending.waitedMs += nowMs - pending.waitingSinceMs;
    this.#waitingBytes += bytes - pending.waitingBytes;
    pending.waitingBytes = bytes;
    while (this.#waitingBytes > MAX_WAITING_BYTES) {
      const slowest = this.#slowest(socket, nowMs);
      if (!slowest) return;
      this.#end(slowest);
    }
  }

  /** An answer has been taken. */
  finish(socket: Socket, response: ServerResponse, nowMs: number): void {
    const busy = this.#busy.get(socket);
    if (!busy) return;
    const pending = busy.answers.get(response);
    this.#waitingBytes -= pending?.waitingBytes ?? 0;
    busy.answers.delete(response);
    busy.sinceMs = nowMs;
    pending?.onOver();
    if (busy.answers.size > 0) return;
    this.#busy.delete(socket);
    if (busy.isKept && !socket.destroyed) {
      const { bytesRead } = socket;
      this.#idle.set(socket, { sinceMs: nowMs, bytesRead, headSinceMs: undefined, isExpiring: false });
    }
  }

  /** Ends some of those that take longer than they may. @returns whether there are more of them */
  sweep(nowMs: number, patience: Patience): boolean {
    let left = MAX_ENDED_A_SWEEP;
    let isExpiring = false;
    for (const [socket, idle] of this.#idle) {
      if (idle.headSinceMs === undefined && socket.bytesRead !== idle.bytesRead) idle.headSinceMs = nowMs;
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
      if (idle.headSinceMs !== undefined) socket.write(REQUEST_TIMEOUT);
      this.#end(socket);
    }
    for (const [socket, { sinceMs, answers }] of this.#busy) {
      if (nowMs - sinceMs < patience.writeTimeoutMs) continue;
      const [[response, pending]] = answers;
      if (response.headersSent) {
        const isCut = waitedMs(pending, nowMs) >= patience.writeTimeoutMs ||
          nowMs - sinceMs >= MAX_WRITE_TIMEOUTS * patience.writeTimeoutMs;
        if (!isCut) continue;
        if (left-- === 0) return true;
        this.#end(socket);
      } else {
        if (left-- === 0) return true;
        pending.hearer.onOverdue();
      }
    }
    return isExpiring;
  }

  endIdle(): void {
    for (const socket of this.#idle.keys()) this.#end(socket);
  }

  endAll(): void {
    this.endIdle();
    for (const socket of this.#busy.keys()) this.#end(socket);
  }

  /** `undefined`: every other one is being worked for. */
  #leastUseful(newcomer: Socket, nowMs: number): Socket | undefined {
    for (const socket of this.#idle.keys()) if (socket !== newcomer) return socket;
    return this.#slowest(newcomer, nowMs);
  }

  /** The longest busy among those whose answer is written and not taken. */
  #slowest(besides: Socket, nowMs: number): Socket | undefined {
    for (const [socket, { sinceMs, answers }] of this.#busy) {
      if (socket === besides || nowMs - sinceMs < SLOW_AFTER_MS) continue;
      for (const { waitingBytes } of answers.values()) if (waitingBytes > 0) return socket;
    }
    return undefined;
  }

  #end(socket: Socket): void {
    this.#forget(socket);
    socket.destroy();
  }

  #forget(socket: Socket): void {
    this.#idle.delete(socket);
    const busy = this.#busy.get(socket);
    this.#busy.delete(socket);
    for (const { waitingBytes, hearer, onOver } of busy?.answers.values() ?? []) {
      this.#waitingBytes -= waitingBytes;
      hearer.onGone();
      onOver();
    }
  }
}

/** Whether the client lets it wait for more than a moment: a busy event loop hears late of what has been taken. */
function isSlow({ waitingBytes, waitingSinceMs }: Pending, nowMs: number): boolean {
  return waitingBytes > 0 && nowMs - waitingSinceMs >= SLOW_AFTER_MS;
}

/** How long the client has let an answer wait, all together. */
function waitedMs(pending: Pending, nowMs: number): number {
  return pending.waitedMs + (isSlow(pending, nowMs) ? nowMs - pending.waitingSinceMs : 0);
}

/**
 * Keeps the parser from making a request out of each that is left in what has been read: a packet holds thousands.
 * This is node:http's own handle; the result says that no more HTTP follows. Without it, it takes a little longer.
 */
function stopParsing(socket: Socket): void {
  const { parser } = socket as { parser?: { onIncoming?: unknown } };
  if (typeof parser?.onIncoming === "function") parser.onIncoming = () => 2;
}
