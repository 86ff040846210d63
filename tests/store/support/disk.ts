import type { LogFields, Logger } from "../../../src/base/log.ts";
import { Store, type StoreOptions } from "../../../src/store/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { NOW_MS } from "./fixture.ts";

/** A logger that keeps what it is told. */
export class KeepingLogger implements Logger {
  readonly lines: { level: string; message: string; fields: LogFields | undefined }[] = [];
  debug = this.#at("debug");
  info = this.#at("info");
  warn = this.#at("warn");
  error = this.#at("error");

  /** Messages of one level. */
  of(level: "debug" | "info" | "warn" | "error"): string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message);
  }

  #at(level: string) {
    return (message: string, fields?: LogFields) => void this.lines.push({ level, message, fields });
  }
}

/** Stores on one directory, one after the other, on one clock. */
export class Restarts {
  readonly logger = new KeepingLogger();
  readonly clock: FakeClock;
  readonly dir: string;
  readonly #options: Partial<StoreOptions>;

  constructor(dir: string, options: Partial<StoreOptions> = {}, clock = new FakeClock({ wallMs: NOW_MS })) {
    this.dir = dir;
    this.#options = options;
    this.clock = clock;
  }

  open(): Promise<Store> {
    const { dir, clock, logger } = this;
    return Store.open({ dir, clock, logger, retentionMs: Infinity, ...this.#options });
  }
}

/** Bytes on disk, as `du` counts them. */
export function diskUsage(path: string): number {
  let bytes = 4_096;
  for (const entry of Deno.readDirSync(path)) {
    const child = `${path}/${entry.name}`;
    if (entry.isDirectory) bytes += diskUsage(child);
    else bytes += Math.ceil(Deno.lstatSync(child).size / 4_096) * 4_096;
  }
  return bytes;
}

/** Blocks in a directory. */
export function blockDirs(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).filter((name) => /^[0-9A-Z]{26}$/.test(name))
    .sort();
}
