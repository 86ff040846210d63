import type { ExpectStep } from "../../config/mod.ts";
import type { Outcome } from "../../model/probe_result.ts";
import type { Quoter } from "../excerpt.ts";
import type { BufferPool } from "../net/inbox.ts";
import { Inbox } from "../net/inbox.ts";
import type { Run } from "../net/run.ts";
import type { Wire } from "../net/wire.ts";
import { fail, type Failure, PASS } from "../probe.ts";

type Step<Kind> = Extract<ExpectStep, { kind: Kind }>;

/** What came of a conversation. */
export interface ConversationEnd {
  readonly outcome: Outcome;
  /** Number of the step that failed, from 1; 0: none did; `undefined`: there are none. */
  readonly failedStep: number | undefined;
}

/** Goes through the expect steps in order, to the first that fails. What one receive step leaves, the next one gets. */
export class Conversation {
  readonly #steps: readonly ExpectStep[];
  readonly #quoter: Quoter;
  readonly #pool: BufferPool;
  /** Index-aligned with the steps: what is sent, or the delimiter that is waited for. */
  readonly #bytes: readonly Uint8Array[];
  readonly #maxBytes: number;

  constructor(steps: readonly ExpectStep[], quoter: Quoter, pool: BufferPool) {
    const encoder = new TextEncoder();
    this.#steps = steps;
    this.#quoter = quoter;
    this.#pool = pool;
    this.#bytes = steps.map((step) =>
      encoder.encode(step.kind === "send" ? step.text + step.delimiter : step.delimiter)
    );
    // Enough to find a delimiter that begins within the limit of the largest step.
    this.#maxBytes = Math.max(
      0,
      ...steps.map((step, i) => step.kind === "receive" ? step.maxBytes + this.#bytes[i].length : 0),
    );
  }

  async hold(wire: Wire, run: Run): Promise<ConversationEnd> {
    if (this.#steps.length === 0) return { outcome: PASS, failedStep: undefined };
    if (this.#steps.length > 1) wire.setNoDelay();
    using inbox = new Inbox(wire, this.#pool, run, this.#maxBytes);
    for (const [index, step] of this.#steps.entries()) {
      const failure = await this.#take(step, index, wire, inbox, run);
      run.note(`expect ${step.kind}`, { step: index + 1, passed: failure === undefined });
      if (failure) return { outcome: failure, failedStep: index + 1 };
    }
    return { outcome: PASS, failedStep: 0 };
  }

  /** @returns why the step failed, if it did */
  async #take(
    step: ExpectStep,
    index: number,
    wire: Wire,
    inbox: Inbox,
    run: Run,
  ): Promise<Failure | undefined> {
    const what = `expect step ${index + 1} (${step.kind})`;
    run.enter(`at ${what}`, "expect");
    try {
      if (step.kind === "receive") return await this.#receive(step, this.#bytes[index], inbox, what);
      await wire.write(this.#bytes[index]);
    } catch (error) {
      return run.failure(error);
    }
  }

  async #receive(
    { regex, delimiter, maxBytes, not }: Step<"receive">,
    delimiterBytes: Uint8Array,
    inbox: Inbox,
    what: string,
  ): Promise<Failure | undefined> {
    const length = await this.#lengthBefore(delimiterBytes, maxBytes, inbox);
    if (length === "too_long") {
      return fail("expect", `${what}: more than ${maxBytes} bytes before ${JSON.stringify(delimiter)}`);
    }
    if (length === "ended") {
      const got = inbox.length === 0 ? "nothing" : this.#quoter.quote(inbox.peek());
      return fail(
        "expect",
        `${what}: the connection ended before ${JSON.stringify(delimiter)} came; got ${got}`,
      );
    }
    const received = new TextDecoder().decode(inbox.take(length));
    inbox.take(delimiterBytes.length);
    if (regex.finds(received) !== not) return undefined;
    const verb = not ? "matches" : "does not match";
    return fail("expect", `${what}: ${this.#quoter.quote(received)} ${verb} /${regex.source}/`);
  }

  /** How many bytes come before the delimiter. Without a delimiter it is all, to the stream's end. */
  async #lengthBefore(
    delimiter: Uint8Array,
    maxBytes: number,
    inbox: Inbox,
  ): Promise<number | "too_long" | "ended"> {
    for (let scanned = 0;;) {
      const at = delimiter.length === 0 ? -1 : indexOf(inbox.peek(), delimiter, scanned);
      if (at >= 0) return at <= maxBytes ? at : "too_long";
      if (inbox.length >= maxBytes + delimiter.length) return "too_long";
      scanned = Math.max(0, inbox.length - delimiter.length + 1);
      if (!await inbox.fill()) return delimiter.length === 0 ? inbox.length : "ended";
    }
  }
}

/** Where `sought` begins in `bytes`, at `from` or later; -1: nowhere. */
function indexOf(bytes: Uint8Array, sought: Uint8Array, from: number): number {
  const [first] = sought;
  const last = bytes.length - sought.length;
  for (let at = from; at <= last; at++) {
    // Where the first byte is rare, the system finds it faster; where nothing else comes, a call for each is slow.
    if (bytes[at] !== first) {
      at = bytes.indexOf(first, at + 1);
      if (at < 0 || at > last) return -1;
    }
    let same = 1;
    while (same < sought.length && bytes[at + same] === sought[same]) same++;
    if (same === sought.length) return at;
  }
  return -1;
}
