import { fileURLToPath } from "node:url";
import { quantile } from "../bench/process_stats.ts";
import { denoProcess, type RunningProcess } from "../support/process_runner.ts";

/** One answer that the watching process got. */
interface Sample {
  readonly name: string;
  /** Wall clock, ms. */
  readonly askedAt: number;
  readonly tookMs: number;
  /** For how much of that who answers was ready and had no processor. */
  readonly waitedMs: number;
  /** 0: none. */
  readonly status: number;
}

/** From when until when, wall clock, ms. */
export interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What a watched server's answers were in a stretch of time. */
export interface Watched {
  readonly answers: number;
  /** Requests without an answer. */
  readonly unanswered: number;
  /** Answers with another status. */
  readonly otherThan200: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The same as `p99Ms`, but for what each answer waited for a processor: what a machine with one to spare would show. */
  readonly ownP99Ms: number;
}

/** A server to be watched. */
export interface WatchTarget {
  readonly port: number;
  readonly path: string;
  /** The process that answers with its main thread. */
  readonly pid: number;
}

/** A process that asks servers how they are, all the time: see `watch_main.ts`. */
export class Watch implements AsyncDisposable {
  readonly #process: RunningProcess;

  /** `targets`: by name. Each is asked every `periodMs`. */
  constructor(targets: Readonly<Record<string, WatchTarget>>, periodMs = 20) {
    const named = Object.entries(targets).map(([name, { port, path, pid }]) =>
      `${name}=${port}/${path}@${pid}`
    );
    const main = fileURLToPath(new URL("watch_main.ts", import.meta.url));
    this.#process = denoProcess(["run", "-A", "--no-check", main, String(periodMs), ...named]);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** What one server answered to requests made between two times (wall clock, ms). */
  between(name: string, fromMs: number, untilMs: number): Watched {
    return this.during(name, [{ fromMs, untilMs }]);
  }

  /** What one server answered to requests made in any of these stretches. */
  during(name: string, stretches: readonly Stretch[]): Watched {
    const samples = this.#process.lines.filter(({ stream, text }) =>
      stream === "stdout" && text.startsWith(`${name} `)
    )
      .map(({ text }) => parsed(text))
      .filter(({ askedAt }) =>
        stretches.some(({ fromMs, untilMs }) => askedAt >= fromMs && askedAt < untilMs)
      );
    const answered = samples.filter(({ status }) => status > 0);
    const took = answered.map(({ tookMs }) => tookMs);
    return {
      answers: took.length,
      unanswered: samples.length - took.length,
      otherThan200: answered.filter(({ status }) => status !== 200).length,
      p50Ms: quantile(took, 0.5),
      p99Ms: quantile(took, 0.99),
      maxMs: quantile(took, 1),
      ownP99Ms: quantile(answered.map(({ tookMs, waitedMs }) => Math.max(0, tookMs - waitedMs)), 0.99),
    };
  }

  /** Waits until the first answers are there. */
  async ready(): Promise<void> {
    await this.#process.waitForLine(/ \d{3}$/);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

function parsed(line: string): Sample {
  const [name, ...numbers] = line.split(" ");
  const [askedAt, tookMs, waitedMs, status] = numbers.map(Number);
  return { name, askedAt, tookMs, waitedMs, status };
}
