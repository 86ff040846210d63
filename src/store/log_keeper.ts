import { messageOf } from "../base/errors.ts";
import type { BlockKeeper, BlockKeeperParts } from "./block_keeper.ts";
import { writeCheckpoint } from "./checkpoint.ts";
import type { Head } from "./head.ts";
import type { HeadReader } from "./head_reader.ts";
import type { Room } from "./room.ts";
import { checkpointBytes } from "./sizes.ts";
import type { Slices } from "./slices.ts";
import { Wal } from "./wal.ts";
import { checkpointsIn, segmentsIn } from "./wal_format.ts";
import { WalWriter } from "./wal_writer.ts";

/** How long after a failure the same work is tried again. */
const RETRY_MS = 10_000;

/** What the disk works with; all of it belongs to the store. */
export interface DiskParts extends BlockKeeperParts {
  readonly head: Head;
  readonly headReader: HeadReader;
}

/** There is no room below the bound, even without any older block. */
class NoRoomError extends Error {
  constructor(bytes: number) {
    super(`no room for ${bytes} bytes below retentionSizeBytes`);
  }
}

/** Has the log written for as long as there is room, and begun anew with a checkpoint when it is long, or had to stop. */
export class LogKeeper {
  readonly wal: Wal;
  /** What was to be written last had no room: the head must become smaller. */
  lacksRoom = false;
  readonly #parts: DiskParts;
  readonly #dir: string;
  readonly #room: Room;
  readonly #blocks: BlockKeeper;
  readonly #slices: Slices;
  /** Highest number that any segment or checkpoint has had. */
  #lastSegment = -1;
  #retryAt = -Infinity;

  constructor(parts: DiskParts, dir: string, room: Room, blocks: BlockKeeper, slices: Slices) {
    this.#parts = parts;
    this.#dir = dir;
    this.#room = room;
    this.#blocks = blocks;
    this.#slices = slices;
    this.wal = new Wal(dir, (bytes) => this.#mayWrite(bytes), (reason) => {
      parts.logger.error("log suspended: samples go on in memory, and a crash would lose them", { reason });
      this.#retryAt = parts.clock.now() + RETRY_MS;
    });
  }

  get isSuspended(): boolean {
    return this.wal.state.kind === "suspended";
  }

  /** Starts a segment behind the last one that there is, and has the head write to it. */
  start(lastSegment: number): void {
    this.#lastSegment = lastSegment;
    try {
      this.wal.start(lastSegment + 1);
      this.wal.confirm();
      this.#lastSegment++;
    } catch (error) {
      this.wal.suspend(`cannot start a segment: ${messageOf(error)}`);
    }
    this.#parts.head.log = this.wal;
  }

  /** Makes room for something that is about to be written, and keeps it from the log until disposed. @throws without room */
  reserve(bytes: number): Disposable {
    this.#blocks.makeRoom(bytes);
    if (!this.#room.has(bytes)) throw new NoRoomError(bytes);
    return this.#room.reserve(bytes);
  }

  /** Tries to take a suspended log up again, when it's time to. */
  async resume(): Promise<void> {
    if (this.isSuspended && this.#parts.clock.now() >= this.#retryAt) await this.checkpoint();
  }

  /** Writes what is in memory as the log's new beginning. @returns whether that went well */
  async checkpoint(): Promise<boolean> {
    const { head, headReader, counts, clock, logger } = this.#parts;
    const wasSuspended = this.isSuspended;
    const upTo = this.#lastSegment;
    try {
      using _ = this.reserve(checkpointBytes(head));
      if (wasSuspended) {
        Deno.mkdirSync(this.#dir, { recursive: true }); // someone may have emptied the directory
        this.#closeGap(upTo);
        this.wal.start(upTo + 1);
      } else {
        this.wal.flush();
        await this.wal.sync();
        this.wal.next();
      }
      this.#lastSegment = upTo + 1;
      await writeCheckpoint(this.#dir, upTo, head, headReader, this.#slices.pause);
      this.wal.confirm();
      this.lacksRoom = false;
      counts.checkpoints++;
      counts.walTruncations++;
      if (wasSuspended) logger.info("log started again: samples are safe from a crash", {});
    } catch (error) {
      counts.checkpointFailures++;
      this.lacksRoom = error instanceof NoRoomError;
      if (wasSuspended) this.wal.suspend(`cannot write a checkpoint: ${messageOf(error)}`);
      else logger.error("checkpoint can't be written: the log goes on growing", { error: messageOf(error) });
      this.#retryAt = clock.now() + RETRY_MS;
      return false;
    } finally {
      this.#room.measure();
    }
    return true;
  }

  /** Asked before the log is written to. The oldest blocks go for it when they must. */
  #mayWrite(bytes: number): boolean {
    const room = this.#room;
    if (!room.hasForLog(bytes)) return false;
    if (!room.has(bytes)) this.#blocks.makeRoomForLog(bytes);
    if (!room.has(bytes)) return false;
    room.wroteLog(bytes);
    return true;
  }

  /** A segment that could not be started left its number unused; Prometheus reads no log in which one is missing. */
  #closeGap(segment: number): void {
    const last = [...checkpointsIn(this.#dir), ...segmentsIn(this.#dir)].at(-1)?.number;
    if (last !== undefined && last < segment) WalWriter.create(this.#dir, segment).close();
  }
}
