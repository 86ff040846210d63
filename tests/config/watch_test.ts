import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as realDelay } from "node:timers/promises";
import { type Logger, SILENT } from "../../src/base/log.ts";
import { type FileReading, readConfigFile, watchConfig } from "../../src/config/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** Sleeps that follow an event are this short; the poll's is far longer. */
const EVENT_SLEEP_MS = 200;

const POLL_MS = 5_000;

/** Files that differ in one number; delays in these tests are longer than the poll. */
const keeping = (retentionMs: number, more = "") =>
  `telemetry:\n  prometheus:\n    tsdbOptions:\n      retentionDurationMilliseconds: ${retentionMs}\n${more}`;

/** One watch over a directory of its own, on a clock that moves only for what an event set going. */
class Watched implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly readings: FileReading[] = [];
  readonly errors: string[] = [];
  readonly directory: string;
  readonly path: string;
  onChange: () => void | Promise<void> = () => {};
  readonly #stopping = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  constructor(name = "bunny.yaml") {
    this.directory = join(Deno.makeTempDirSync(), "config");
    this.path = join(this.directory, name);
    Deno.mkdirSync(this.directory);
  }

  /** Starts on what the file holds now; returns once the watch sleeps. */
  async start({ knownHash = undefined as string | undefined, random = 0 } = {}): Promise<this> {
    knownHash ??= (await readConfigFile(this.path)).hash;
    const logger: Logger = {
      debug() {},
      info() {},
      warn() {},
      error: (message) => void this.errors.push(message),
    };
    this.#watching = watchConfig({
      path: this.path,
      clock: this.clock,
      logger,
      knownHash,
      signal: this.#stopping.signal,
      random: () => random,
      onChange: (reading) => {
        this.readings.push(reading);
        return this.onChange();
      },
    });
    await this.idle();
    return this;
  }

  write(text: string): void {
    Deno.writeTextFileSync(this.path, text);
  }

  /** Waits, in real time, for the watch to have noticed something. */
  async noticed(): Promise<void> {
    await eventually(() => this.#isBusy());
  }

  /** Runs what an event has set going to its end. The poll's time never comes. */
  async idle(): Promise<void> {
    await this.#runUntil(() => !this.#isBusy() && this.#untilNextMs <= POLL_MS);
  }

  /** An event came, and has been dealt with. */
  async settled(): Promise<void> {
    await this.noticed();
    await this.idle();
  }

  /** Events, as many as it takes, have led to so many readings. */
  async tells(count: number): Promise<void> {
    await this.#runUntil(() => this.readings.length >= count);
    await this.idle();
  }

  /** Events have led to a change that waits, or to none. */
  async waits(isWaiting: boolean): Promise<void> {
    await this.#runUntil(() => this.clock.pending === (isWaiting ? 2 : 1) && !this.#isBusy());
  }

  /** What the readings came to: the number, or the first problem. */
  get told(): (number | string)[] {
    return this.readings.map((reading) =>
      reading.kind === "ok" ? reading.config.telemetry.store.retentionMs : reading.problems[0].message
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    Deno.removeSync(join(this.directory, ".."), { recursive: true });
  }

  async #runUntil(holds: () => boolean): Promise<void> {
    await eventually(async () => {
      if (holds()) return true;
      if (this.#isBusy()) await this.clock.advance(this.clock.nextDueAtMs! - this.clock.now());
      return false;
    });
  }

  #isBusy(): boolean {
    return this.#untilNextMs <= EVENT_SLEEP_MS;
  }

  get #untilNextMs(): number {
    return (this.clock.nextDueAtMs ?? Infinity) - this.clock.now();
  }
}

/** Real I/O takes as long as it takes; the limit only ends a test that will never pass. */
async function eventually(holds: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const until = performance.now() + limitMs;
  while (!await holds()) {
    if (performance.now() > until) throw new Error("it never came to that");
    await realDelay(1);
  }
}

Deno.test("config watch: a write in place is one change", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  await watched.start();
  watched.write(keeping(2_000));
  await watched.tells(1);
  assert.deepEqual(watched.told, [2_000]);
});

Deno.test("config watch: writing the same again is none", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  await watched.start();
  watched.write(keeping(1_000));
  await watched.settled();
  assert.deepEqual(watched.told, []);
});

Deno.test("config watch: an editor's rename is one change", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  await watched.start();
  Deno.renameSync(watched.path, `${watched.path}~`);
  Deno.writeTextFileSync(`${watched.path}.swp`, keeping(2_000));
  Deno.renameSync(`${watched.path}.swp`, watched.path);
  await watched.tells(1);
  assert.deepEqual(watched.told, [2_000]);
});

Deno.test("config watch: a ConfigMap's swap of links is one change, time after time", async () => {
  await using watched = new Watched();
  const { directory } = watched;
  const revise = (revision: number) => {
    const data = `..2024_${revision}`;
    Deno.mkdirSync(join(directory, data));
    Deno.writeTextFileSync(join(directory, data, "bunny.yaml"), keeping(1_000 * revision));
    Deno.symlinkSync(data, join(directory, "..data_tmp"));
    Deno.renameSync(join(directory, "..data_tmp"), join(directory, "..data"));
    if (revision > 1) Deno.removeSync(join(directory, `..2024_${revision - 1}`), { recursive: true });
  };
  revise(1);
  Deno.symlinkSync(join("..data", "bunny.yaml"), watched.path);
  await watched.start();
  for (const revision of [2, 3, 4]) {
    revise(revision);
    await watched.tells(revision - 1);
  }
  assert.deepEqual(watched.told, [2_000, 3_000, 4_000]);
});

Deno.test("config watch: a file that goes is a problem, and one that comes back a change", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  await watched.start();
  Deno.removeSync(watched.path);
  await watched.tells(1);
  watched.write(keeping(1_000));
  await watched.tells(2);
  assert.deepEqual(watched.told, ["there is no such file", 1_000]);
});

Deno.test("config watch: a file replaced at once is no problem in between", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  await watched.start();
  Deno.removeSync(watched.path);
  await watched.noticed();
  watched.write(keeping(2_000));
  await watched.idle();
  assert.deepEqual(watched.told, [2_000]);
});

Deno.test("config watch: half a file is not taken for a whole one", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  await watched.start();
  const whole = keeping(2_000, "reload: {}\n");
  using file = Deno.openSync(watched.path, { write: true, truncate: true });
  file.writeSync(new TextEncoder().encode(whole.slice(0, 20)));
  await watched.noticed();
  await watched.clock.advance(100); // debounced: the first look finds half of it
  await eventually(() => watched.clock.pending > 0);
  file.writeSync(new TextEncoder().encode(whole.slice(20)));
  await watched.idle();
  assert.deepEqual(watched.told, [2_000]);
});

Deno.test("config watch: a broken file is told at once, and once; its repair too", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  await watched.start();
  watched.write("egress: [");
  await watched.tells(1);
  watched.write("egress: [");
  await watched.settled();
  watched.write(keeping(1_000));
  await watched.tells(2);
  assert.match(String(watched.told[0]), /not closed/);
  assert.equal(watched.told[1], 1_000);
});

Deno.test("config watch: a change between reading and watching is found", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  const { hash } = await readConfigFile(watched.path);
  watched.write(keeping(2_000));
  await watched.start({ knownHash: hash });
  assert.deepEqual(watched.told, [2_000]);
});

Deno.test("config watch: a directory that is replaced is found by polling, and watched from then on", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  await watched.start();
  Deno.renameSync(watched.directory, `${watched.directory}.old`);
  Deno.mkdirSync(watched.directory);
  watched.write(keeping(2_000));
  await watched.clock.advance(POLL_MS);
  await eventually(() => watched.clock.pending > 0);
  await watched.idle();
  assert.deepEqual(watched.told, [2_000]);
  watched.write(keeping(3_000));
  await watched.tells(2);
  assert.deepEqual(watched.told, [2_000, 3_000]);
});

Deno.test("config watch: a directory that goes and comes back is watched again", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  await watched.start();
  Deno.removeSync(watched.directory, { recursive: true });
  await watched.tells(1);
  Deno.mkdirSync(watched.directory);
  watched.write(keeping(2_000));
  await watched.clock.advance(1_000);
  await eventually(() => watched.clock.pending > 0);
  await watched.idle();
  watched.write(keeping(3_000));
  await watched.tells(3);
  assert.deepEqual(watched.told, ["there is no such file", 2_000, 3_000]);
});

Deno.test("config watch: a link to a file elsewhere is polled", async () => {
  await using watched = new Watched();
  const elsewhere = join(watched.directory, "..", "elsewhere.yaml");
  Deno.writeTextFileSync(elsewhere, keeping(1_000));
  Deno.symlinkSync(elsewhere, watched.path);
  await watched.start();
  Deno.writeTextFileSync(elsewhere, keeping(2_000));
  await watched.clock.advance(POLL_MS);
  await eventually(() => watched.clock.pending > 0);
  await watched.idle();
  assert.deepEqual(watched.told, [2_000]);
});

Deno.test("config watch: a change waits for its delay and its share of the jitter", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  await watched.start({ random: 0.5 });
  watched.write(keeping(2_000, "reload: { delay: 1m, jitter: 1m }\n"));
  await watched.waits(true);
  const changedAt = watched.clock.now();
  await passing(watched, 89_000);
  assert.deepEqual(watched.told, []);
  await passing(watched, 2_000);
  assert.deepEqual(watched.told, [2_000]);
  assert.ok(watched.clock.now() - changedAt <= 91_000);
});

Deno.test("config watch: a newer file takes the place of the one that waits", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  await watched.start();
  watched.write(keeping(2_000, "reload: { delay: 1m }\n"));
  await watched.waits(true);
  await passing(watched, 30_000);
  watched.write(keeping(3_000, "reload: { delay: 1m }\n"));
  await watched.settled();
  await passing(watched, 45_000);
  assert.deepEqual(watched.told, []);
  await passing(watched, 16_000);
  assert.deepEqual(watched.told, [3_000]);
});

Deno.test("config watch: an urgent file need not wait for the patient one before it", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  await watched.start();
  watched.write(keeping(2_000, "reload: { delay: 1h }\n"));
  await watched.waits(true);
  watched.write(keeping(3_000));
  await watched.tells(1);
  assert.deepEqual(watched.told, [3_000]);
});

Deno.test("config watch: a change taken back, or broken, while it waits is not applied", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  await watched.start();
  watched.write(keeping(2_000, "reload: { delay: 1m }\n"));
  await watched.waits(true);
  watched.write(keeping(1_000));
  await watched.waits(false);
  await passing(watched, 61_000);
  assert.deepEqual(watched.told, []);
  watched.write(keeping(3_000, "reload: { delay: 1m }\n"));
  await watched.waits(true);
  watched.write("zebra: 1");
  await watched.tells(1);
  await passing(watched, 61_000);
  assert.equal(watched.told.length, 1);
  assert.match(String(watched.told[0]), /unknown key/);
});

Deno.test("config watch: ends at once while a change waits, and closes all", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  await watched.start();
  watched.write(keeping(2_000, "reload: { delay: 1h }\n"));
  await watched.waits(true);
  await watched.stop();
  assert.equal(watched.clock.pending, 0);
  assert.deepEqual(watched.told, []);
});

/** Tells of each sleep that is over before the sleeper hears of it. */
class ToldClock extends FakeClock {
  onWake = () => {};

  override async sleepUntil(dueAtMs: number, signal?: AbortSignal): Promise<boolean> {
    const isDue = await super.sleepUntil(dueAtMs, signal);
    this.onWake();
    return isDue;
  }
}

Deno.test("config watch: ends at once where a change is being read that would wait", async () => {
  const path = join(Deno.makeTempDirSync(), "bunny.yaml");
  Deno.writeTextFileSync(path, "reload: { delay: 1h }");
  const clock = new ToldClock();
  const stopping = new AbortController();
  clock.onWake = () => stopping.abort();
  const given: FileReading[] = [];
  const watching = watchConfig({
    path,
    clock,
    logger: SILENT,
    signal: stopping.signal,
    onChange: (reading) => void given.push(reading),
  });
  await clock.untilPending();
  await clock.advance(100); // the second look comes to the same
  await watching;
  assert.deepEqual(given, []);
  Deno.removeSync(join(path, ".."), { recursive: true });
});

Deno.test("config watch: whoever fails to take a change is told on, and given the next", async () => {
  await using watched = new Watched();
  watched.write(keeping(1_000));
  await watched.start();
  watched.onChange = () => Promise.reject(new Error("no room"));
  watched.write(keeping(2_000));
  await watched.tells(1);
  watched.write(keeping(3_000));
  await watched.tells(2);
  assert.deepEqual(watched.told, [2_000, 3_000]);
  assert.equal(watched.errors.length, 2);
});

/** Time goes by, poll after poll, and nothing else happens. */
async function passing(watched: Watched, durationMs: number): Promise<void> {
  const until = watched.clock.now() + durationMs;
  while (watched.clock.now() < until) {
    await watched.clock.advance(Math.min(1_000, until - watched.clock.now()));
    await watched.idle();
  }
}
