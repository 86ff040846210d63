import { basename, dirname } from "node:path";
import type { Clock } from "../base/clock.ts";
import { formatDuration } from "../base/duration.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { DirectoryWatch } from "./directory_watch.ts";
import { type FileReading, interpret, readContent } from "./read_file.ts";

/** From the first event to the first look: writers need a moment, and events come in bursts. */
const DEBOUNCE_MS = 100;

/** Between two looks that must agree before content counts as written to its end. */
const SETTLE_MS = 100;

/** Looks while the content keeps changing; whoever writes for longer is met again at the next event or poll. */
const MAX_LOOKS = 50;

/** Between looks without any event: a directory that was renamed, or a file that a link outside points to, gives none. */
const POLL_MS = 5_000;

/** The same while there is no directory to watch. */
const POLL_UNWATCHED_MS = 1_000;

export interface WatchOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** `hash` of the reading that is in force; without it the first look is a change. */
  readonly knownHash?: string;
  /**
   * Takes each new reading, good or bad, one at a time. A good one comes after the delay and jitter that it asks for
   * itself, unless the file changes again meanwhile; a bad one comes at once. A reading that is like the last
   * one given is not given again, so a file that is broken and mended gives two.
   */
  readonly onChange: (reading: FileReading) => void | Promise<void>;
  /** From 0 up to but not including 1, for the jitter. Default: Math.random. */
  readonly random?: () => number;
}

/**
 * Follows a configuration file until the signal aborts. Its directory is watched rather than itself, any event counts,
 * and content is compared by hash: so a write in place, an editor's rename, a link that is swapped (Kubernetes'
 * ConfigMaps), a file that goes and comes back, and a directory that is replaced are all the same. Never rejects.
 *
 * @returns when everything is closed and the last `onChange` is through
 */
export async function watchConfig(options: WatchOptions): Promise<void> {
  await new ConfigWatch(options).run();
}

class ConfigWatch {
  readonly #options: WatchOptions;
  readonly #directory: DirectoryWatch;
  /** Hash of the last reading given. */
  #given: string | undefined;
  /** A good reading that waits for its time. */
  #waiting: { readonly hash: string; readonly cancel: AbortController } | undefined;
  #giving: Promise<void> = Promise.resolve();
  readonly #delays = new Set<Promise<void>>();
  #nap: AbortController | undefined;
  #hasEvent = false;

  constructor(options: WatchOptions) {
    const { path, logger } = options;
    this.#options = options;
    this.#given = options.knownHash;
    this.#directory = new DirectoryWatch(dirname(path), logger, () => {
      this.#hasEvent = true;
      this.#nap?.abort();
    });
  }

  async run(): Promise<void> {
    const { signal, clock } = this.#options;
    const stop = () => {
      this.#nap?.abort();
      this.#waiting?.cancel.abort();
    };
    signal.addEventListener("abort", stop, { once: true });
    try {
      while (!signal.aborted) {
        // Before the look: what happens between the two is an event then.
        await this.#directory.renew();
        this.#hasEvent = false;
        await this.#look();
        if (!this.#hasEvent) await this.#sleep(this.#directory.isWatching ? POLL_MS : POLL_UNWATCHED_MS);
        if (this.#hasEvent) await clock.sleepUntil(clock.now() + DEBOUNCE_MS, signal);
      }
    } finally {
      signal.removeEventListener("abort", stop);
      await this.#directory.close();
      await Promise.all(this.#delays);
      await this.#giving;
    }
  }

  /** Ends early at an event. */
  async #sleep(durationMs: number): Promise<void> {
    const { clock, signal } = this.#options;
    if (signal.aborted) return;
    const nap = this.#nap = new AbortController();
    await clock.sleepUntil(clock.now() + durationMs, nap.signal);
    this.#nap = undefined;
  }

  /** Reads the file until two looks agree, if it is not what is known already. */
  async #look(): Promise<void> {
    const { path, clock, signal } = this.#options;
    let content = await readContent(path);
    for (let looks = 1; content.hash !== this.#expected; looks++) {
      if (looks === MAX_LOOKS || !await clock.sleepUntil(clock.now() + SETTLE_MS, signal)) return;
      const again = await readContent(path);
      if (again.hash === content.hash) {
        const reading = await interpret(again, path, clock, signal);
        // Whoever ended the watch meanwhile waits for no delay: nothing would call it off any more.
        if (reading && !signal.aborted) this.#changed(reading);
        return;
      }
      content = again;
    }
  }

  get #expected(): string | undefined {
    return this.#waiting?.hash ?? this.#given;
  }

  #changed(reading: FileReading): void {
    this.#cancelWaiting();
    if (reading.hash === this.#given) return;
    if (reading.kind === "problems") return this.#give(reading);
    const { delayMs, jitterMs } = reading.config.reload;
    const { random = Math.random, logger, path } = this.#options;
    const waitMs = delayMs + random() * jitterMs;
    if (waitMs === 0) return this.#give(reading);
    logger.info("configuration changed, to be applied later", {
      file: basename(path),
      in: formatDuration(waitMs),
    });
    const delay: Promise<void> = this.#giveLater(reading, waitMs).finally(() => this.#delays.delete(delay));
    this.#delays.add(delay);
  }

  #cancelWaiting(): void {
    this.#waiting?.cancel.abort();
    this.#waiting = undefined;
  }

  async #giveLater(reading: FileReading, waitMs: number): Promise<void> {
    const { clock } = this.#options;
    const cancel = new AbortController();
    this.#waiting = { hash: reading.hash, cancel };
    if (!await clock.sleepUntil(clock.now() + waitMs, cancel.signal)) return;
    this.#waiting = undefined;
    this.#give(reading);
  }

  #give(reading: FileReading): void {
    const { onChange, logger } = this.#options;
    this.#given = reading.hash;
    this.#giving = this.#giving.then(() => onChange(reading)).catch((error) =>
      logger.error("a changed configuration could not be taken over", { error: messageOf(error) })
    );
  }
}
