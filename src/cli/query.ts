import { messageOf } from "../base/errors.ts";
import { parsePromDuration } from "../base/duration.ts";
import { type Command, EXIT, type Output, parseArguments } from "./command.ts";
import { askApi } from "./query_api.ts";
import { askScript } from "./query_script.ts";
import { tableOf } from "./query_table.ts";
import { parseTime } from "./time.ts";

/** What is asked, and of when. Times are ms since the epoch; `undefined` timeMs: now, or the end of the script's data. */
export interface Question {
  readonly query: string;
  readonly timeMs: number | undefined;
  /** `undefined`: one moment. */
  readonly range: { readonly reachMs: number; readonly stepMs: number } | undefined;
  /** How old a sample may be; `undefined`: as the API is set, or Prometheus' five minutes for a script. */
  readonly lookbackMs: number | undefined;
}

/** The API's `data` object with what was remarked, or what went wrong. */
export type Told =
  | { readonly kind: "ok"; readonly data: ApiData; readonly remarks: readonly string[] }
  | { readonly kind: "error"; readonly message: string };

export interface ApiData {
  readonly resultType: string;
  readonly result: unknown;
}

const DEFAULT_URL = "http://127.0.0.1:1312";

/** Evaluates a query: in a running Bunny, in any Prometheus-compatible API, or over a script's data. */
export const query: Command = {
  summary: "Evaluate a PromQL query, in a running Bunny or over a load script",
  help: [
    "Usage: bunny query EXPRESSION [OPTIONS]",
    "",
    "  --range DURATION  evaluate from so long ago until --time, such as 10m; without it: one moment",
    "  --step DURATION   between the steps of a range (default: a hundredth of it, at least 1s)",
    "  --time TIME       RFC 3339 or unix seconds (default: now; with --data: its last sample)",
    "  --lookback DURATION",
    "                    how old a sample may be (default: the API's; with --data: 5m, as in Prometheus)",
    `  --url URL         a Prometheus-compatible API (default: ${DEFAULT_URL})`,
    "  --data FILE       evaluate over the `load` commands of a script in Prometheus' test language instead",
    "  --format FORMAT   table (default) or json",
    "",
    "Exit code 0: there is an answer; 1: the query or the API failed; 2: bad arguments.",
  ].join("\n"),
  async run(args, output) {
    const parsed = parseArguments(args, {
      range: { type: "string" },
      step: { type: "string" },
      time: { type: "string" },
      lookback: { type: "string" },
      url: { type: "string" },
      data: { type: "string" },
      format: { type: "string" },
    });
    if (parsed.kind === "error") return usage(output, parsed.message);
    const options = parsed.values as Readonly<Record<string, string | undefined>>;
    if (parsed.positionals.length !== 1) return usage(output, "it takes one expression (in quotes)");
    const question = questionOf(parsed.positionals[0], options);
    if (typeof question === "string") return usage(output, question);
    const format = options.format ?? "table";
    if (format !== "table" && format !== "json") {
      return usage(output, `--format ${format}: it is table or json`);
    }
    if (options.data !== undefined && options.url !== undefined) {
      return usage(output, "--data and --url exclude each other");
    }
    if (options.url !== undefined && !/^https?:$/.test(URL.parse(options.url)?.protocol ?? "")) {
      return usage(output, `--url ${options.url}: no address such as ${DEFAULT_URL}`);
    }

    const told = await ask(question, options);
    if (told.kind === "error") {
      output.err(`bunny query: ${told.message}`);
      return EXIT.failed;
    }
    for (const remark of told.remarks) output.err(remark);
    for (const line of format === "json" ? [JSON.stringify(told.data, null, 2)] : tableOf(told.data)) {
      output.out(line);
    }
    return EXIT.ok;
  },
};

async function ask(question: Question, options: Readonly<Record<string, string | undefined>>): Promise<Told> {
  try {
    return options.data === undefined
      ? await askApi(options.url ?? DEFAULT_URL, question)
      : await askScript(options.data, question);
  } catch (error) {
    return { kind: "error", message: messageOf(error) };
  }
}

function questionOf(query: string, options: Readonly<Record<string, string | undefined>>): Question | string {
  const timeMs = parseTime(options.time);
  if (timeMs !== undefined && Number.isNaN(timeMs)) {
    return `--time ${options.time}: neither RFC 3339 nor unix seconds`;
  }
  const lookbackMs = options.lookback === undefined ? undefined : parsePromDuration(options.lookback);
  if (options.lookback !== undefined && !lookbackMs) {
    return `--lookback ${options.lookback}: no duration such as 5s`;
  }
  if (options.range === undefined) {
    return options.step === undefined
      ? { query, timeMs, range: undefined, lookbackMs }
      : "--step needs --range";
  }
  const reachMs = parsePromDuration(options.range);
  if (!reachMs) return `--range ${options.range}: no duration such as 10m`;
  const stepMs = options.step === undefined
    ? Math.max(1_000, Math.round(reachMs / 100))
    : parsePromDuration(options.step);
  if (!stepMs) return `--step ${options.step}: no duration such as 1s`;
  return { query, timeMs, range: { reachMs, stepMs }, lookbackMs };
}

function usage(output: Output, message: string): number {
  output.err(`bunny query: ${message}; see bunny query --help`);
  return EXIT.usage;
}
