import { textOf } from "../../base/bytes.ts";
import { callAt, type Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/log.ts";
import { type Answer, type BodyResult, type Request, text } from "../answer.ts";
import { Body, type BodyRoom } from "./body.ts";
import type { Connections, Endable } from "./connections.ts";
import { Departure } from "./departure.ts";
import { type Head, HeadScanner, parseHead, Refusal } from "./head.ts";
import { Incoming } from "./incoming.ts";
import { Inlet } from "./inlet.ts";
import { Outlet, type SendOptions } from "./outlet.ts";
import type { Pace } from "./pace.ts";

/** What answers requests. A throw or a rejection becomes a 500. */
export interface Handler {
  handle(request: Request): Answer | Promise<Answer>;
  /** Whether a path is answered before others: what asks for it waits for nobody else's work. */
  isUrgent(path: string): boolean;
}

/** What all connections of a server have in common. */
export interface Host {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly connections: Connections;
  readonly pace: Pace;
  readonly room: BodyRoom;
  readonly limits: { readonly readTimeoutMs: number; readonly maxHeaderBytes: number };
  readonly handler: Handler;
  /** Whether every answer is its connection's last. */
  readonly isDraining: boolean;
  /** What time it is, as answers say it. */
  readonly date: () => string;
}

/**
 * How long a client may go on sending what nobody reads, and how much: to close on it would have the system take back
 * the answer that it has not read yet.
 */
const LINGER_MS = 500;
const LINGER_BYTES = 1024 * 1024;

/**
 * What comes at a time of a request that comes in crumbs, at most; how many crumbs are read as they come; and how long
 * whoever goes on like this is not listened to after each: hundreds who send a byte at a time, and all of them at the
 * same time, would be most of what there is to do.
 */
const CRUMB_BYTES = 64;
const CRUMBS_AT_ONCE = 3;
const CRUMB_REST_MS = 100;

/** Where a request that is urgent has said so: longer paths wait like everybody else. */
const URGENT_BYTES = 128;

const NOTHING = () => {};
const OVERDUE = text(503, "the answer took too long\n");
const TIMED_OUT = text(408, "the request took too long\n");
const NOBODY_WAITS = text(499, "");

/** A client's connection: one request after the other, each answered before the next is read. */
export class Connection implements Endable {
  readonly #connection: Deno.TcpConn;
  readonly #host: Host;
  readonly #inlet: Inlet;
  readonly #outlet: Outlet;
  #departure: Departure | undefined;
  /** Gives up waiting for the answer that is being made. */
  #answerInstead: (answer: Answer) => void = NOTHING;
  /** Where it is in its life; leaving, its last words are said or have been, and no further request is read. */
  #stage: "serving" | "leaving" | "closed" = "serving";
  /** How often in a row little has come of a request that had begun. */
  #crumbs = 0;
  /** Aborts when it ends: it is not listened to for a while. */
  #resting: AbortController | undefined;

  constructor(connection: Deno.TcpConn, host: Host) {
    this.#connection = connection;
    this.#host = host;
    this.#inlet = new Inlet(connection, () => this.#onLeft());
    this.#outlet = new Outlet(connection, host.date);
  }

  get bytesRead(): number {
    return this.#inlet.bytesRead;
  }

  /** Answers until either side has enough. Never rejects. */
  async serve(): Promise<void> {
    try {
      // Thousands wait here for a request that may never come: each function that is waited in takes room.
      do {
        if (this.#inlet.unread.length === 0) await this.#inlet.read();
        const isThere = this.#inlet.unread.length > 0;
        const turn = this.#host.pace.heard(isThere && this.#isUrgent());
        if (turn) await turn;
        if (!isThere) return;
      } while (await this.#serveNext());
    } catch (error) {
      this.#host.logger.error("answer failed", { error: messageOf(error) });
    } finally {
      this.end();
    }
  }

  end(): void {
    if (this.#stage === "closed") return;
    this.#stage = "closed";
    this.#host.connections.forget(this);
    this.#departure?.tell();
    this.#resting?.abort("closed");
    this.#answerInstead(NOBODY_WAITS);
    try {
      this.#connection.close();
    } catch {
      // The runtime was quicker.
    }
  }

  timeOut(): void {
    if (this.#stage !== "serving") return this.end();
    this.#stage = "leaving";
    // Nobody else has an eye on it any more, and its client may take nothing.
    const { clock } = this.#host;
    const limit = callAt(clock, clock.now() + LINGER_MS, () => this.end());
    void this.#outlet.send(TIMED_OUT, this.#lastWords()).catch(() => {}).finally(() => {
      limit[Symbol.dispose]();
      this.end();
    });
  }

  onOverdue(): void {
    this.#answerInstead(OVERDUE);
    this.#departure?.tell();
  }

  /** @returns whether another request may follow */
  async #serveNext(): Promise<boolean> {
    this.#crumbs = 0;
    const head = await this.#nextHead();
    if (!head || this.#stage !== "serving") return false;
    if (!(head instanceof Refusal)) return await this.#answer(head);
    this.#stage = "leaving";
    if (await this.#outlet.send(text(head.status, `${head.why}\n`), this.#lastWords())) await this.#linger();
    return false;
  }

  /** `undefined`: the client has left without a request. */
  async #nextHead(): Promise<Head | Refusal | undefined> {
    const { pace, limits } = this.#host;
    const scanner = new HeadScanner(limits.maxHeaderBytes);
    do {
      const { unread } = this.#inlet;
      if (this.#stage !== "serving") return undefined;
      const found = pace.work(() => {
        const length = scanner.scan(unread);
        if (typeof length !== "number") return length;
        this.#inlet.take(length);
        return parseHead(unread.subarray(0, length));
      });
      if (found) return found;
    } while (await this.#hear());
    return undefined;
  }

  /** Waits until there is more to read, and time to look at it. @returns whether there is */
  async #hear(): Promise<boolean> {
    if (this.#crumbs >= CRUMBS_AT_ONCE) await this.#rest();
    const before = this.#inlet.bytesRead;
    const isMore = await this.#inlet.fill();
    this.#crumbs = this.#inlet.bytesRead - before > CRUMB_BYTES ? 0 : this.#crumbs + 1;
    const turn = this.#host.pace.heard(isMore && this.#isUrgent());
    if (turn) await turn;
    return isMore;
  }

  /** Listens to nothing for a while. What comes meanwhile is read in one go, when it is this connection's turn. */
  async #rest(): Promise<void> {
    const { clock, pace } = this.#host;
    const { signal } = this.#resting = new AbortController();
    await clock.sleepUntil(clock.now() + CRUMB_REST_MS, signal);
    this.#resting = undefined;
    const turn = pace.turn();
    if (turn) await turn;
  }

  /** Whether what has come may be a request for a verdict. */
  #isUrgent(): boolean {
    const [, path] = /^GET \/([^ ?]*)/.exec(textOf(this.#inlet.unread.subarray(0, URGENT_BYTES))) ?? [];
    return path !== undefined && this.#host.handler.isUrgent(path);
  }

  /** @returns whether another request may follow */
  async #answer(head: Head): Promise<boolean> {
    const { clock, connections, pace, handler } = this.#host;
    const body = new Body(this.#inlet, head.bodyLength, () => this.#hear());
    const departure = this.#departure = new Departure();
    const instead = new Promise<Answer>((resolve) => this.#answerInstead = resolve);
    const request = Incoming.of(head, departure, () => this.#readBody(head, body, departure));
    const isUrgent = request !== undefined && handler.isUrgent(request.path);
    connections.begin(this, clock.now());
    try {
      if (body.isRead && !isUrgent) this.#inlet.lookAhead();
      const answer = await Promise.race([pace.work(() => this.#make(handler, request)), instead]);
      if (this.#stage !== "serving") return false;
      this.#inlet.lookAway();
      const isLast = head.isLast || this.#host.isDraining || !body.isRead || answer === OVERDUE;
      // To hand large bytes to the system takes as long as many a request.
      const sending = pace.work(() =>
        this.#outlet.send(answer, {
          isHead: head.method === "HEAD",
          isVersion10: head.isVersion10,
          isLast,
          isGone: () => this.#stage !== "serving",
          onWaiting: (bytes) => connections.written(this, bytes, clock.now()),
        })
      );
      if (!await sending) return false;
      connections.finish(this, clock.now());
      if (isLast && !(body.isRead && this.#inlet.unread.length === 0)) await this.#linger();
      return !isLast;
    } finally {
      departure.tell();
      this.#departure = undefined;
      this.#answerInstead = NOTHING;
    }
  }

  async #make(handler: Handler, request: Request | undefined): Promise<Answer> {
    if (this.#stage !== "serving") return NOBODY_WAITS;
    if (!request) return text(400, "bad request\n");
    try {
      return await handler.handle(request);
    } catch (error) {
      this.#host.logger.error("request failed", {
        path: request.path.slice(0, 200),
        error: messageOf(error),
      });
      return text(500, "internal error\n");
    }
  }

  async #readBody(head: Head, body: Body, departure: Departure): Promise<BodyResult> {
    const { clock, limits, room } = this.#host;
    const mayWait = head.expectsContinue && this.#inlet.unread.length === 0;
    if (mayWait && !await this.#outlet.sendContinue()) return { kind: "broken" };
    const { signal } = departure;
    const result = await body.read({ clock, timeoutMs: limits.readTimeoutMs, room, signal });
    if (body.isRead) this.#inlet.lookAhead();
    return result;
  }

  /**
   * A client that says no more has left, or has said all that it wants to and waits: nothing costly is begun or gone on
   * with for it, but whatever comes of that is sent. Whether anybody takes it, writing will show.
   */
  #onLeft(): void {
    this.#departure?.tell();
  }

  #lastWords(): SendOptions {
    return {
      isHead: false,
      isVersion10: false,
      isLast: true,
      isGone: () => this.#stage === "closed",
      onWaiting: () => {},
    };
  }

  /** Reads on for a while, after the last answer. */
  async #linger(): Promise<void> {
    const { clock } = this.#host;
    if (this.#stage === "closed") return;
    this.#stage = "leaving";
    if (!await this.#outlet.close()) return;
    using _limit = callAt(clock, clock.now() + LINGER_MS, () => this.end());
    let left = LINGER_BYTES;
    do {
      const { length } = this.#inlet.unread;
      this.#inlet.take(length);
      left -= length;
    } while (left > 0 && await this.#hear());
  }
}
