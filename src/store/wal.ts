import { ByteWriter } from "../base/bytes.ts";
import { messageOf } from "../base/errors.ts";
import type { Histogram } from "../model/histogram.ts";
import type { Labels } from "../model/labels.ts";
import type { HeadLog } from "./head.ts";
import { writeHistogram, writeSeries } from "./record.ts";
import { SampleRecord } from "./sample_record.ts";
import { WalWriter } from "./wal_writer.ts";

/** Records collect in memory up to this before they are written without waiting for the timer. */
const MAX_PENDING_BYTES = 256 * 1024;

/** Whether samples reach the disk. */
export type WalState =
  | { kind: "writing" }
  /** A write failed, or there was no room: samples are missing from the log until a checkpoint makes it whole again. */
  | { kind: "suspended"; reason: string };

/**
 * The write-ahead log as the head writes it. Never throws: what can't be written suspends the log, for the samples
 * in memory are worth more than those on a broken disk.
 */
export class Wal implements HeadLog {
  /** Failed writes and syncs since it was made. */
  failures = 0;
  #state: WalState = { kind: "suspended", reason: "not started" };
  #writer: WalWriter | undefined;
  readonly #dir: string;
  readonly #record = new ByteWriter();
  readonly #samples = new SampleRecord();
  readonly #mayWrite: (bytes: number) => boolean;
  readonly #onSuspend: (reason: string) => void;

  /**
   * `mayWrite`: asked before each write whether the directory has room for so many bytes more.
   * `onSuspend`: told when the log stops.
   */
  constructor(dir: string, mayWrite: (bytes: number) => boolean, onSuspend: (reason: string) => void) {
    this.#dir = dir;
    this.#mayWrite = mayWrite;
    this.#onSuspend = onSuspend;
  }

  get state(): WalState {
    return this.#state;
  }

  /**
   * Starts (or starts again) with a new segment of this number. While something is missing before it, the log counts
   * as suspended until `confirm`. @throws what creating the file throws
   */
  start(segment: number): void {
    this.#writer?.close();
    this.#writer = undefined;
    this.#writer = WalWriter.create(this.#dir, segment);
  }

  /** Says that with what came before, the log is whole. */
  confirm(): void {
    if (this.#writer) this.#state = { kind: "writing" };
  }

  series(ref: number, labels: Labels): void {
    if (!this.#writer) return;
    writeSeries(this.#record, ref, labels);
    this.#log(this.#record.bytes, this.#record.length);
  }

  beginSamples(timestampMs: number): void {
    this.#samples.begin(timestampMs);
  }

  sample(ref: number, value: number): void {
    this.#samples.add(ref, value);
  }

  endSamples(): void {
    if (this.#samples.length > 0) this.#log(this.#samples.bytes, this.#samples.length);
  }

  histogram(timestampMs: number, ref: number, histogram: Histogram): void {
    if (!this.#writer) return;
    writeHistogram(this.#record, ref, timestampMs, histogram);
    this.#log(this.#record.bytes, this.#record.length);
  }

  /** Hands all records to the operating system: from then on they survive this process. */
  flush(): void {
    const writer = this.#writer;
    if (!writer || writer.pendingBytes === 0) return;
    try {
      // Asking may make room, which can fail as writing can.
      if (this.#mayWrite(writer.pendingBytes)) return writer.flush();
    } catch (error) {
      return this.#fail("write", error);
    }
    this.suspend("no room left below retentionSizeBytes");
  }

  /** Makes flushed records survive a loss of power. */
  async sync(): Promise<void> {
    const writer = this.#writer;
    if (!writer?.isDirty) return;
    try {
      await writer.sync();
    } catch (error) {
      if (writer === this.#writer) this.#fail("sync", error);
    }
  }

  /** Closes the segment and goes on with the next one. */
  next(): void {
    this.flush();
    try {
      this.#writer?.next();
    } catch (error) {
      this.#fail("start a segment", error);
    }
  }

  async close(): Promise<void> {
    this.flush();
    await this.sync();
    this.#writer?.close();
    this.#writer = undefined;
    this.#state = { kind: "suspended", reason: "closed" };
  }

  #log(record: Uint8Array, length: number): void {
    const writer = this.#writer;
    if (!writer) return;
    try {
      writer.log(record, length);
    } catch (error) {
      return this.#fail("write", error);
    }
    if (writer.pendingBytes > MAX_PENDING_BYTES) this.flush();
  }

  #fail(what: string, error: unknown): void {
    this.failures++;
    this.suspend(`cannot ${what}: ${messageOf(error)}`);
  }

  /** Stops writing, until `start`. */
  suspend(reason: string): void {
    try {
      this.#writer?.close();
    } catch {
      // The file is given up either way.
    }
    this.#writer = undefined;
    this.#state = { kind: "suspended", reason };
    this.#onSuspend(reason);
  }
}
