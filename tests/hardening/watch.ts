import { fileURLToPath } from "node:url";
import { quantile } from "../bench/process_stats.ts";
import { denoProcess, type RunningProcess } from "../support/process_runner.ts";

/** One answer that the watching process got. */
interface Sample {
  readonly name: string;
  /** Wall clock, ms. */
  readonly askedAt: number;
  readonly tookMs: number;
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
}

/** A process that asks servers how they are, all the time: see `watch_main.ts`. */
export class Watch implements AsyncDisposable {
  readonly #process: RunningProcess;

  /** `targets`: port and path by name. Each is asked every `periodMs`. */
  constructor(targets: Readonly<Record<string, string>>, periodMs = 20) {
    const named = Object.entries(targets).map(([name, where]) => `${name}=${where}`);
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
    const took = samples.filter(({ status }) => status > 0).map(({ tookMs }) => tookMs);
    return {
      answers: took.length,
      unanswered: samples.length - took.length,
      otherThan200: samples.filter(({ status }) => status > 0 && status !== 200).length,
      p50Ms: quantile(took, 0.5),
      p99Ms: quantile(took, 0.99),
      maxMs: quantile(took, 1),
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
  const [name, askedAt, tookMs, status] = line.split(" ");
  return { name, askedAt: Number(askedAt), tookMs: Number(tookMs), status: Number(status) };
}
