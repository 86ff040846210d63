import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";

export interface StoreOptions {
  /** Directory of the time-series database; undefined or "": memory only. Made when it doesn't exist. */
  readonly dir?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Samples older than this go, whole chunks and blocks at a time. Default: an hour. */
  readonly retentionMs?: number;
  /** Everything stored stays below this many bytes, log and head included; the oldest goes first. Default: no bound. */
  readonly retentionSizeBytes?: number;
  /** Time that a block spans when it is cut from the head. Default: 5 minutes. */
  readonly minBlockMs?: number;
  /** Time that a block spans at most after compaction. Default: 15 minutes. */
  readonly maxBlockMs?: number;
  /** Memory for closed chunks in decoded form, so that a query asked again doesn't decode again. Default: 4 MiB. */
  readonly decodedCacheBytes?: number;
}

/** StoreOptions with every default filled in. */
export interface StoreSettings {
  readonly dir: string | undefined;
  readonly retentionMs: number;
  readonly retentionSizeBytes: number;
  readonly minBlockMs: number;
  readonly maxBlockMs: number;
  readonly decodedCacheBytes: number;
}

/** Fills in defaults; refuses what can't work. */
export function settingsOf(options: StoreOptions): StoreSettings {
  const minBlockMs = options.minBlockMs ?? 300_000;
  const settings: StoreSettings = {
    dir: options.dir === "" ? undefined : options.dir,
    retentionMs: options.retentionMs ?? 3_600_000,
    retentionSizeBytes: options.retentionSizeBytes ?? Infinity,
    minBlockMs,
    maxBlockMs: options.maxBlockMs ?? Math.max(900_000, minBlockMs),
    decodedCacheBytes: options.decodedCacheBytes ?? 4 * 1024 * 1024,
  };
  positive("retentionMs", settings.retentionMs);
  positive("retentionSizeBytes", settings.retentionSizeBytes);
  positive("minBlockMs", settings.minBlockMs);
  if (settings.maxBlockMs < settings.minBlockMs) {
    throw new RangeError(
      `Cannot open Store as maxBlockMs must be >= minBlockMs (${settings.minBlockMs}): current value is ${settings.maxBlockMs}`,
    );
  }
  return settings;
}

function positive(name: string, value: number): void {
  if (value > 0) return;
  throw new RangeError(`Cannot open Store as ${name} must be > 0: current value is ${value}`);
}
