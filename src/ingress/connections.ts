import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Requests that one connection may send ahead of their answers; someone who sends more is no browser. */
const MAX_AHEAD = 16;

/** Answers' bytes that may wait for clients to take them, all connections together. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** A client that has not taken its answer for so long is slow. */
const SLOW_AFTER_MS = 250;

/** A connection between two requests. */
interface Idle {
  readonly sinceMs: number;
  /** What it had sent by then: more means that its next request is under way. */
  readonly bytesRead: number;
}

/** A connection with answers under way. */
interface Busy {
  /** When the oldest of them was asked for, monotonic ms. */
  sinceMs: number;
  /** In the order in which they were asked for. */
  readonly answers: Map<ServerResponse, Pending>;
}

/** An answer under way. */
interface Pending {
  /** How much of it is written and waits to be taken. */
  waitingBytes: number;
  readonly onGone: () => void;
}

/**
 * The open connections of one server. When there are too many, or too much waits to be taken, those that gain nobody
 * anything go first: idle ones, then clients that do not take their answers. A client that has just come and wants one
 * quick answer, as the kubelet does, is the last to suffer.
 */
export class Connections {
  /** Longest idle first. One that has not sent its first request yet has no entry's value: the parser watches it. */
  readonly #idle = new Map<Socket, Idle | undefined>();
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
    this.#idle.set(socket, undefined);
    socket.on("close", () => this.#forget(socket));
    while (this.count > max) this.#end(this.#leastUseful(socket, nowMs) ?? socket);
  }

  /**
   * A request has come. `onGone` is told when its client is gone before the answer's end, in whatever way: an answer
   * that waits for the one before it hears nothing of that from node:http.
   * @returns whether it may be answered; if not, its connection has been ended
   */
  begin(socket: Socket, response: ServerResponse, nowMs: number, onGone: () => void): boolean {
    if (socket.destroyed) return false;
    this.#idle.delete(socket);
    let busy = this.#busy.get(socket);
    if (!busy) this.#busy.set(socket, busy = { sinceMs: nowMs, answers: new Map() });
    busy.answers.set(response, { waitingBytes: 0, onGone });
    if (busy.answers.size <= MAX_AHEAD) return true;
    this.#end(socket);
    return false;
  }

  /** So many bytes of an answer are written and wait to be taken. Others may have to go for them. */
  written(socket: Socket, response: ServerResponse, bytes: number, nowMs: number): void {
    const pending = this.#busy.get(socket)?.answers.get(response);
    if (!pending) return;
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
    this.#waitingBytes -= busy.answers.get(response)?.waitingBytes ?? 0;
    busy.answers.delete(response);
    busy.sinceMs = nowMs;
    if (busy.answers.size > 0) return;
    this.#busy.delete(socket);
    if (!socket.destroyed) this.#idle.set(socket, { sinceMs: nowMs, bytesRead: socket.bytesRead });
  }

  /** Ends those that have been idle, or have waited for an answer to be taken, for longer than they may. */
  sweep(nowMs: number, idleTimeoutMs: number, writeTimeoutMs: number): void {
    for (const [socket, idle] of this.#idle) {
      // One that has begun to send its next request is the parser's to watch.
      if (idle && idle.bytesRead === socket.bytesRead && nowMs - idle.sinceMs >= idleTimeoutMs) {
        this.#end(socket);
      }
    }
    for (const [socket, { sinceMs }] of this.#busy) if (nowMs - sinceMs >= writeTimeoutMs) this.#end(socket);
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
    for (const { waitingBytes, onGone } of busy?.answers.values() ?? []) {
      this.#waitingBytes -= waitingBytes;
      onGone();
    }
  }
}
