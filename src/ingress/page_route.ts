import type { Clock } from "../base/clock.ts";
import { free } from "../base/memory.ts";
import type { Answer } from "./answer.ts";
import type { Share } from "./api/share.ts";
import type { Route } from "./router.ts";

/** A page made elsewhere; told what the client accepts. */
export type Page = (accept: string) => { readonly contentType: string; readonly body: string };

/** How long a page may be answered again, at most, ms, and how much of that time making pages may take before it is. */
const WINDOW_MS = 100;
const SHARE_MS = 10;

const encoder = new TextEncoder();

/** Answers a page, on the API's turns where it has to be made. */
export function pageRoute(page: Page, share: Share): Route {
  const press = new Press(page, share.clock);
  const printed = async (accept: string): Promise<Answer> => {
    using work = share.begin();
    return await work.onTurn(() => press.copy(accept) ?? press.print(accept));
  };
  return {
    methods: ["GET"],
    handle: (request) => {
      const accept = request.header("accept");
      return press.copy(accept) ?? printed(accept);
    },
  };
}

/** A page as it was made. */
interface Print {
  readonly accept: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/**
 * Makes pages: each one anew, unless so many are asked for that making them would take more than its share of the time.
 * Who asks then, and accepts the same, gets a copy of the last one.
 *
 * Pages leave as bytes, and are made without a wait: those who have waited for their turn are old, and whatever text their
 * promises or frames refer to grows old with them, for all that it is gone a moment later.
 */
class Press {
  readonly #page: Page;
  readonly #clock: Clock;
  /** Kept while copies of it may be answered. */
  #last: Print | undefined;
  #windowFromMs = -Infinity;
  /** In this window. */
  #prints = 0;
  #spentMs = 0;

  constructor(page: Page, clock: Clock) {
    this.#page = page;
    this.#clock = clock;
  }

  /** `undefined`: there is none to be had. */
  copy(accept: string): Answer | undefined {
    if (this.#clock.now() >= this.#windowFromMs + WINDOW_MS) this.#forget();
    if (this.#last?.accept !== accept) return undefined;
    return answerOf(this.#last.contentType, this.#last.bytes.slice());
  }

  print(accept: string): Answer {
    const fromMs = this.#clock.now();
    if (fromMs >= this.#windowFromMs + WINDOW_MS) {
      this.#windowFromMs = fromMs;
      this.#prints = this.#spentMs = 0;
    }
    this.#forget();
    const { contentType, body } = this.#page(accept);
    const bytes = encoder.encode(body);
    this.#spentMs += this.#clock.now() - fromMs;
    // Who asks a second time wants to see what has changed, however long that takes.
    const isKept = ++this.#prints > 1 && this.#spentMs >= SHARE_MS;
    if (isKept) this.#last = { accept, contentType, bytes: bytes.slice() };
    return answerOf(contentType, bytes);
  }

  #forget(): void {
    if (this.#last) free(this.#last.bytes);
    this.#last = undefined;
  }
}

function answerOf(contentType: string, body: Uint8Array): Answer {
  return { status: 200, contentType, body };
}
