import { messageOf } from "../base/errors.ts";
import { formatDuration } from "../base/duration.ts";
import { isoTime } from "../base/text.ts";
import { parseSelector } from "../query/mod.ts";
import { type BlockAnalysis, Inspection } from "../store/mod.ts";
import { type Command, EXIT, type Output, parseArguments } from "./command.ts";
import { alignedColumns } from "./table.ts";
import { parseTime } from "./time.ts";

/** Most rows of each of an analysis' lists. */
const TOP = 20;

/** Looks into a store's directory, for hosts without promtool. Changes nothing, needs no lock. */
export const tsdb: Command = {
  summary: "Look into a store's directory: list, dump, analyze",
  help: [
    "Usage: bunny tsdb list DIRECTORY",
    "       bunny tsdb analyze DIRECTORY [--block ULID]",
    "       bunny tsdb dump DIRECTORY [--match SELECTOR] [--start TIME] [--end TIME]",
    "",
    "  list     blocks, oldest first: times, samples, series, chunks, bytes",
    "  analyze  what a block is made of (default: the newest)",
    "  dump     every sample of blocks and log, a line each: labels, value, unix milliseconds",
    "",
    '  --match SELECTOR  only these series, such as probe_success{probe="web"}',
    "  --start, --end    RFC 3339 or unix seconds, both inclusive",
    "",
    "The directory may be in use: it is only read. Exit code 1: it can't be read; 2: bad arguments.",
  ].join("\n"),
  async run(args, output) {
    const parsed = parseArguments(args, {
      block: { type: "string" },
      match: { type: "string" },
      start: { type: "string" },
      end: { type: "string" },
    });
    if (parsed.kind === "error") return usage(output, parsed.message);
    const [action, directory, ...more] = parsed.positionals;
    const run = action !== undefined && Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (!run) return usage(output, `it takes one of ${Object.keys(ACTIONS).join(", ")}`);
    if (directory === undefined || more.length > 0) return usage(output, "it takes one directory");
    try {
      using inspection = await Inspection.open(directory, action === "dump");
      return run(inspection, parsed.values as Options, output);
    } catch (error) {
      output.err(`bunny tsdb: ${directory}: ${messageOf(error)}`);
      return EXIT.failed;
    }
  },
};

type Options = Readonly<Record<string, string | undefined>>;

const ACTIONS: Readonly<
  Record<string, (inspection: Inspection, options: Options, output: Output) => number>
> = {
  list,
  analyze,
  dump,
};

function list(inspection: Inspection, _options: Options, output: Output): number {
  const blocks = inspection.list();
  const rows = blocks.map(({ meta, sizeBytes }) => [
    meta.ulid,
    isoTime(meta.minTimeMs),
    isoTime(meta.maxTimeMs),
    formatDuration(meta.maxTimeMs - meta.minTimeMs),
    String(meta.samples),
    String(meta.chunks),
    String(meta.series),
    String(sizeBytes),
  ]);
  const heads = ["BLOCK", "MIN TIME", "MAX TIME", "DURATION", "SAMPLES", "CHUNKS", "SERIES", "BYTES"];
  for (const line of alignedColumns([heads, ...rows])) output.out(line);
  return EXIT.ok;
}

function analyze(inspection: Inspection, { block }: Options, output: Output): number {
  const found = inspection.analyze(block);
  if (!found) {
    output.err(
      block === undefined ? "bunny tsdb: there is no block yet" : `bunny tsdb: there is no block ${block}`,
    );
    return EXIT.failed;
  }
  for (const line of analysisLines(found)) output.out(line);
  return EXIT.ok;
}

function analysisLines(
  { meta, sizeBytes, labelNames, labelPairs, metrics, cardinality, pairs }: BlockAnalysis,
): string[] {
  const section = (title: string, rows: string[][]) => ["", title, ...alignedColumns(rows.slice(0, TOP))];
  return [
    `block ${meta.ulid}: ${isoTime(meta.minTimeMs)} to ${isoTime(meta.maxTimeMs)}`,
    `${meta.series} series, ${meta.samples} samples, ${meta.chunks} chunks, ${sizeBytes} bytes, ` +
    `${labelNames} label names, ${labelPairs} label pairs`,
    ...section(
      "metrics by bytes: series, samples, chunks, bytes, bytes a sample",
      metrics.map((metric) => [
        metric.name,
        String(metric.series),
        String(metric.samples),
        String(metric.chunks),
        String(metric.chunkBytes),
        (metric.chunkBytes / metric.samples).toFixed(3),
      ]),
    ),
    ...section("label names by values", cardinality.map(({ name, values }) => [name, String(values)])),
    ...section("label pairs by series", pairs.map(({ name, series }) => [name, String(series)])),
  ];
}

function dump(inspection: Inspection, { match, start, end }: Options, output: Output): number {
  const selector = parseSelector(match ?? '{__name__=~".*"}');
  if (selector.kind === "error") return usage(output, `--match ${match}: ${selector.errors[0].message}`);
  const [minTimeMs, maxTimeMs] = [parseTime(start) ?? -Infinity, parseTime(end) ?? Infinity];
  if (Number.isNaN(minTimeMs)) return usage(output, `--start ${start}: neither RFC 3339 nor unix seconds`);
  if (Number.isNaN(maxTimeMs)) return usage(output, `--end ${end}: neither RFC 3339 nor unix seconds`);
  for (const line of inspection.dump(selector.matchers, minTimeMs, maxTimeMs)) output.out(line);
  return EXIT.ok;
}

function usage(output: Output, message: string): number {
  output.err(`bunny tsdb: ${message}; see bunny tsdb --help`);
  return EXIT.usage;
}
