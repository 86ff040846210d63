import type { Instrument } from "../model/instruments.ts";
import type { Labels } from "../model/labels.ts";
import { BUCKET_BOUNDS_SECONDS, type Cell, type DistributionCell } from "./cell.ts";
import { negotiateFormat, type ScrapeFormat } from "./scrape_format.ts";

/** One metric on a page. */
export interface PageFamily {
  readonly instrument: Pick<Instrument, "name" | "kind" | "help" | "unit">;
  readonly cells: readonly PageCell[];
}

/** One series on a page: a number, or a distribution of the registry's. */
export type PageCell = Cell | {
  readonly shape: "number";
  readonly labels: Labels;
  readonly value: number;
  labelText?: string;
};

/** A finished page. */
export interface ScrapedPage {
  readonly contentType: string;
  readonly body: string;
}

/** The scrape page of some families, in the format that the Accept header asks for. */
export function scrapedPage(families: readonly PageFamily[], accept: string | undefined): ScrapedPage {
  const format = negotiateFormat(accept);
  return { contentType: format.contentType, body: writePage(families, format) };
}

/** Writes families as a scrape page, in Prometheus' text format 0.0.4 or OpenMetrics 1.0. */
export function writePage(families: readonly PageFamily[], format: ScrapeFormat): string {
  const page: string[] = [];
  for (const family of families) {
    if (family.cells.length === 0) continue;
    if (format.kind === "openmetrics") writeOpenMetrics(page, family, format);
    else writeText(page, family, format);
  }
  if (format.kind === "openmetrics") page.push("# EOF\n");
  return page.join("");
}

function writeText(page: string[], { instrument, cells }: PageFamily, format: ScrapeFormat): void {
  const name = headName(instrument.name, format);
  page.push(`# HELP ${name} ${escapeHelp(instrument.help)}\n# TYPE ${name} ${instrument.kind}\n`);
  for (const cell of cells) {
    if (cell.shape === "number") {
      page.push(seriesName(instrument.name, cell, format), " ", number(cell.value), "\n");
    } else writeHistogram(page, instrument.name, cell, format, TEXT_BOUNDS, () => "");
  }
}

/**
 * A counter's samples end in _total there and its family's name doesn't. A user's own counter that is named otherwise
 * keeps its exact name, so its type can't be said.
 */
function writeOpenMetrics(page: string[], { instrument, cells }: PageFamily, format: ScrapeFormat): void {
  const { name, kind, unit } = instrument;
  const isTotal = kind === "counter" && name.endsWith("_total");
  const familyName = isTotal ? name.slice(0, -"_total".length) : name;
  const head = headName(familyName, format);
  page.push(`# TYPE ${head} ${kind === "counter" && !isTotal ? "unknown" : kind}\n`);
  if (unit !== "" && familyName.endsWith(`_${unit}`)) page.push(`# UNIT ${head} ${unit}\n`);
  page.push(`# HELP ${head} ${escapeHelp(instrument.help).replaceAll('"', '\\"')}\n`);
  for (const cell of cells) {
    if (cell.shape === "number") {
      page.push(seriesName(name, cell, format), " ", number(cell.value), "\n");
    } else writeHistogram(page, name, cell, format, OPEN_METRICS_BOUNDS, exemplar);
  }
}

/** Bounds as label pairs, the last one +Inf's. OpenMetrics wants them to look like floats. */
const TEXT_BOUNDS = [...BUCKET_BOUNDS_SECONDS.map(String), "+Inf"].map((bound) => `le="${bound}"`);
const OPEN_METRICS_BOUNDS = TEXT_BOUNDS.map((pair) => pair.replace(/"(\d+)"/, '"$1.0"'));

function writeHistogram(
  page: string[],
  name: string,
  cell: DistributionCell,
  format: ScrapeFormat,
  bounds: readonly string[],
  tail: (cell: DistributionCell, bucket: number) => string,
): void {
  let cumulative = 0;
  for (let i = 0; i < cell.buckets.length; i++) {
    cumulative += cell.buckets[i];
    page.push(seriesName(`${name}_bucket`, cell, format, bounds[i]), ` ${cumulative}`, tail(cell, i), "\n");
  }
  page.push(seriesName(`${name}_sum`, cell, format), ` ${number(cell.sum)}\n`);
  page.push(seriesName(`${name}_count`, cell, format), ` ${cell.count}\n`);
}

function exemplar(cell: DistributionCell, bucket: number): string {
  const traceId = cell.exemplarTraceIds[bucket];
  if (traceId === "") return "";
  const spanId = cell.exemplarSpanIds[bucket];
  const labels = spanId === "" ? `trace_id="${traceId}"` : `trace_id="${traceId}",span_id="${spanId}"`;
  return ` # {${labels}} ${number(cell.exemplarValues[bucket])} ${cell.exemplarTimesMs[bucket] / 1_000}`;
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

const PLAIN_METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const PLAIN_LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function headName(name: string, format: ScrapeFormat): string {
  if (PLAIN_METRIC_NAME.test(name)) return name;
  return format.escaping === "allow-utf-8" ? `"${escapeValue(name)}"` : underscored(name, /[^a-zA-Z0-9_:]/gu);
}

/** `name{label="value"}`, or `{"na.me",label="value"}` for a name that only UTF-8 allows. `last`: one more pair. */
function seriesName(name: string, cell: PageCell, format: ScrapeFormat, last = ""): string {
  const head = headName(name, format);
  const labels = cell.labelText ?? labelTextOf(cell, format);
  const pairs = labels === "" || last === "" ? labels + last : `${labels},${last}`;
  if (!head.startsWith('"')) return pairs === "" ? head : `${head}{${pairs}}`;
  return pairs === "" ? `{${head}}` : `{${head},${pairs}}`;
}

/** Kept on the cell where it is the same in every format. */
function labelTextOf(cell: PageCell, format: ScrapeFormat): string {
  const { flat } = cell.labels;
  const pairs: string[] = [];
  let isPlain = true;
  for (let i = 0; i < flat.length; i += 2) {
    isPlain &&= PLAIN_LABEL_NAME.test(flat[i]);
    pairs.push(`${labelName(flat[i], format)}="${escapeValue(flat[i + 1])}"`);
  }
  const text = pairs.join(",");
  if (isPlain) cell.labelText = text;
  return text;
}

function labelName(name: string, format: ScrapeFormat): string {
  if (PLAIN_LABEL_NAME.test(name)) return name;
  return format.escaping === "allow-utf-8" ? `"${escapeValue(name)}"` : underscored(name, /[^a-zA-Z0-9_]/gu);
}

function underscored(name: string, forbidden: RegExp): string {
  const plain = name.replaceAll(forbidden, "_");
  return /^[0-9]/.test(plain) ? `_${plain.slice(1)}` : plain;
}

function escapeValue(value: string): string {
  return /[\\\n"]/.test(value)
    ? value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')
    : value;
}

function escapeHelp(help: string): string {
  return /[\\\n]/.test(help) ? help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n") : help;
}
