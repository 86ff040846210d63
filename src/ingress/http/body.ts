import { concat } from "../../base/bytes.ts";
import { callAt, type Clock } from "../../base/clock.ts";
import { type BodyResult, MAX_BODY_BYTES } from "../answer.ts";
import { checkTrailers, type Head, HeadScanner, Refusal } from "./head.ts";
import type { Inlet } from "./inlet.ts";

/** Bytes of bodies that all requests together may have sent without being answered … */
const MAX_TOGETHER_BYTES = 4 * 1024 * 1024;

/** … not counting so many of each: a query of ordinary length has its place in any case. */
const FREE_BYTES = 4 * 1024;

/** Longest line that a chunk's size may stand in. */
const MAX_CHUNK_LINE_BYTES = 256;

/** Bytes of such lines in one body: someone who sends more of them is up to no good. */
const MAX_CHUNK_LINES_BYTES = 64 * 1024;

/** Bytes of fields behind a body. */
const MAX_TRAILER_BYTES = 4 * 1024;

/** A chunk's size, perhaps with extensions that nobody knows. */
const CHUNK_LINE = /^([\da-fA-F]{1,12})(?:;[\t\x20-\x7e\x80-\uffff]*)?\r\n$/;

const LF = 10;
const decoder = new TextDecoder("latin1");

/** What bodies take, all requests of a server together: a thousand of them would be more than a container has. */
export class BodyRoom {
  readonly #hasRoom: () => boolean;
  #heldBytes = 0;

  /** `hasRoom`: whether the process has memory for more. */
  constructor(hasRoom: () => boolean) {
    this.#hasRoom = hasRoom;
  }

  /** @returns whether there was so much left */
  take(bytes: number): boolean {
    if (this.#heldBytes + bytes > MAX_TOGETHER_BYTES) return false;
    // Not only what is held counts: what has been read and let go is garbage that only the asking has collected.
    if (bytes > 0 && !this.#hasRoom()) return false;
    this.#heldBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#heldBytes -= bytes;
  }
}

export interface BodyOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly room: BodyRoom;
  /** Aborts when the request is over: until then the body has its place in the room. */
  readonly signal: AbortSignal;
}

/** One request's body, read when somebody asks for it. */
export class Body {
  readonly #inlet: Inlet;
  readonly #length: Head["bodyLength"];
  readonly #more: () => Promise<boolean>;
  #isRead = false;

  /** `more`: waits until the inlet has more. @returns whether it has */
  constructor(inlet: Inlet, length: Head["bodyLength"], more: () => Promise<boolean>) {
    this.#inlet = inlet;
    this.#length = length;
    this.#more = more;
    this.#isRead = length === 0;
  }

  /** Whether all of it has been read: what comes next is another request. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Reads it within its bounds. Never rejects; to be called once. */
  async read({ clock, timeoutMs, room, signal }: BodyOptions): Promise<BodyResult> {
    if (this.#isRead) return { kind: "ok", bytes: new Uint8Array(0) };
    // Nobody waits for what is known to be too large: to read it up to the bound takes longer than to answer.
    if (typeof this.#length === "number" && this.#length > MAX_BODY_BYTES) return { kind: "too_large" };
    const kept = new Kept(room, signal);
    const { promise: late, resolve } = Promise.withResolvers<BodyResult>();
    using _limit = callAt(clock, clock.now() + timeoutMs, () => resolve({ kind: "broken" }));
    return await Promise.race([this.#readAll(kept), late]);
  }

  async #readAll(kept: Kept): Promise<BodyResult> {
    const refused = this.#length === "chunked"
      ? await this.#readChunks(kept)
      : await this.#readContent(this.#length, kept);
    if (refused) return { kind: refused };
    this.#isRead = true;
    return { kind: "ok", bytes: kept.bytes() };
  }

  async #readContent(length: number, kept: Kept): Promise<Refused | undefined> {
    for (let left = length; left > 0;) {
      if (this.#inlet.unread.length === 0 && !await this.#more()) return "broken";
      const part = this.#inlet.unread.subarray(0, left);
      const refused = kept.keep(part);
      if (refused) return refused;
      this.#inlet.take(part.length);
      left -= part.length;
    }
    return undefined;
  }

  //  │ size <hex> [; extension…] CRLF │ content <size bytes> │ CRLF │ … │ 0 CRLF │ [trailers] │ CRLF
  async #readChunks(kept: Kept): Promise<Refused | undefined> {
    for (let lineBytes = 0;;) {
      const line = await this.#line();
      const [, digits] = CHUNK_LINE.exec(line) ?? [];
      lineBytes += line.length;
      if (digits === undefined || lineBytes > MAX_CHUNK_LINES_BYTES) return "broken";
      const size = parseInt(digits, 16);
      if (size === 0) return await this.#readTrailers();
      const refused = await this.#readContent(size, kept);
      if (refused) return refused;
      if (await this.#line() !== "\r\n") return "broken";
    }
  }

  /** @returns the line with its end; "": there is none, or none that short */
  async #line(): Promise<string> {
    for (;;) {
      const { unread } = this.#inlet;
      const length = unread.indexOf(LF) + 1;
      if (length > MAX_CHUNK_LINE_BYTES) return "";
      if (length > 0) {
        const line = decoder.decode(unread.subarray(0, length));
        this.#inlet.take(length);
        return line;
      }
      if (unread.length > MAX_CHUNK_LINE_BYTES || !await this.#more()) return "";
    }
  }

  async #readTrailers(): Promise<Refused | undefined> {
    const scanner = new HeadScanner(MAX_TRAILER_BYTES, false);
    for (;;) {
      const { unread } = this.#inlet;
      const length = scanner.scan(unread);
      if (length instanceof Refusal) return "broken";
      if (length !== undefined) {
        if (checkTrailers(unread.subarray(0, length))) return "broken";
        this.#inlet.take(length);
        return undefined;
      }
      if (!await this.#more()) return "broken";
    }
  }
}

type Refused = Exclude<BodyResult["kind"], "ok">;

/** What of a body is there, and has its place until the request is over. */
class Kept {
  readonly #room: BodyRoom;
  readonly #parts: Uint8Array[] = [];
  #size = 0;
  #takenBytes = 0;
  #isOver = false;

  constructor(room: BodyRoom, signal: AbortSignal) {
    this.#room = room;
    this.#isOver = signal.aborted;
    signal.addEventListener("abort", () => {
      this.#isOver = true;
      room.giveBack(this.#takenBytes);
      this.#parts.length = 0;
    }, { once: true });
  }

  /** Keeps a copy. @returns why not, if it does not */
  keep(part: Uint8Array): Refused | undefined {
    if (this.#isOver) return "broken";
    this.#size += part.length;
    if (this.#size > MAX_BODY_BYTES) return "too_large";
    const bytes = Math.max(0, this.#size - FREE_BYTES) - this.#takenBytes;
    if (!this.#room.take(bytes)) return "no_room";
    this.#takenBytes += bytes;
    this.#parts.push(part.slice());
    return undefined;
  }

  bytes(): Uint8Array {
    return this.#parts.length === 1 ? this.#parts[0] : concat(this.#parts);
  }
}
