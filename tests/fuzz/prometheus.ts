import { freePort } from "../support/free_port.ts";
import { RunningProcess } from "../support/process_runner.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { type Dataset, toOpenMetrics } from "./data.ts";

/** One series of an answer; a scalar or string has no labels and one sample. */
export interface AnswerSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly timestampsMs: readonly number[];
  /** Numbers as Prometheus writes them, or the text of a string. */
  readonly values: readonly string[];
}

export type Answer =
  | { readonly kind: "ok"; readonly type: string; readonly series: readonly AnswerSeries[] }
  | { readonly kind: "error"; readonly message: string };

/** When a query is evaluated, ms since the epoch. */
export type Moment =
  | { readonly kind: "instant"; readonly timeMs: number }
  | { readonly kind: "range"; readonly startMs: number; readonly endMs: number; readonly stepMs: number };

/** What our engine always does, and Prometheus 3.14 only when told to. */
const FEATURES = [
  "promql-experimental-functions",
  "promql-extended-range-selectors",
  "promql-binop-fill-modifiers",
];

/** "3.14.0" of a program that has not been started. */
async function versionOf(program: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(program, { args: ["--version"] }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr); // 2.x wrote it to the latter
  return /version (\S+)/.exec(text)?.[1].replace(/,$/, "") ?? "";
}

/** A real Prometheus on loopback that holds a dataset; it and its files go at the end of the scope. */
export class Prometheus implements AsyncDisposable {
  /** As it says itself: "2.42.0+ds". */
  readonly version: string;
  readonly #process: RunningProcess;
  readonly #dir: TempDir;
  readonly #url: string;

  private constructor(process: RunningProcess, dir: TempDir, url: string, version: string) {
    this.#process = process;
    this.#dir = dir;
    this.#url = url;
    this.version = version;
  }

  /** `program`: the prometheus to start. Its blocks are made by the `promtool` on the path. */
  static async start(program: string, dataset: Dataset): Promise<Prometheus> {
    const dir = tempDir();
    const metrics = dir.write("metrics.txt", toOpenMetrics(dataset));
    const made = await new Deno.Command("promtool", {
      args: ["tsdb", "create-blocks-from", "openmetrics", metrics, dir.join("data")],
    }).output();
    if (!made.success) throw new Error(`promtool: ${new TextDecoder().decode(made.stderr)}`);
    const port = freePort();
    const process = new RunningProcess({
      command: [
        program,
        `--config.file=${dir.write("prometheus.yml", "global: { evaluation_interval: 1m }\n")}`,
        `--storage.tsdb.path=${dir.join("data")}`,
        "--storage.tsdb.retention.time=100y",
        `--web.listen-address=127.0.0.1:${port}`,
        "--query.lookback-delta=5m",
        ...(Number.parseInt(await versionOf(program)) >= 3 ? [`--enable-feature=${FEATURES.join(",")}`] : []),
      ],
    });
    await process.waitForLine(/Server is ready to receive web requests/);
    const url = `http://127.0.0.1:${port}/api/v1`;
    const info = await (await fetch(`${url}/status/buildinfo`)).json();
    return new Prometheus(process, dir, url, info.data.version);
  }

  async query(query: string, moment: Moment): Promise<Answer> {
    const [path, times] = moment.kind === "instant"
      ? ["query", { time: seconds(moment.timeMs) }]
      : ["query_range", {
        start: seconds(moment.startMs),
        end: seconds(moment.endMs),
        step: seconds(moment.stepMs),
      }];
    const body = new URLSearchParams({ query, ...times as Record<string, string> });
    const response = await fetch(`${this.#url}/${path}`, { method: "POST", body });
    return readAnswer(await response.json());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    this.#dir[Symbol.dispose]();
  }
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

type Pair = [timestamp: number, value: string];

interface ApiAnswer {
  readonly status: "success" | "error";
  readonly error: string;
  readonly data: { readonly resultType: string; readonly result: unknown };
}

function readAnswer({ status, error, data }: ApiAnswer): Answer {
  if (status === "error") return { kind: "error", message: error };
  const { resultType: type, result } = data;
  if (type === "scalar" || type === "string") {
    return { kind: "ok", type, series: [toSeries({}, [result as Pair])] };
  }
  const rows = result as { metric: Record<string, string>; value?: Pair; values?: Pair[] }[];
  const series = rows.map(({ metric, value, values }) => toSeries(metric, values ?? [value!]));
  return { kind: "ok", type, series };
}

function toSeries(labels: Record<string, string>, pairs: readonly Pair[]): AnswerSeries {
  return {
    labels,
    timestampsMs: pairs.map(([timestamp]) => Math.round(timestamp * 1_000)),
    values: pairs.map(([, value]) => value),
  };
}
