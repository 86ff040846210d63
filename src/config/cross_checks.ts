/** What no part of the file can know of another: names and paths that meet. */
import { INSTRUMENTS } from "../model/instruments.ts";
import { quote } from "../base/text.ts";
import type { Steps } from "../base/steps.ts";
import { formatPath, type Path } from "./problem.ts";

/** Says what is wrong with the value at this path, or with its key. */
export type ReportPath = (path: Path, message: string) => void;

/** A file's values where any of them may be missing or of a wrong type. */
type Loose =
  | { readonly [key: string]: Loose }
  | readonly Loose[]
  | string
  | number
  | boolean
  | null
  | undefined;

/** Runs on values with defaults filled in, good or not, so that these problems are told together with all others. */
export function* crossCheck(output: unknown, report: ReportPath): Steps<void> {
  const probes = listAt(output as Loose, "egress", "probes");
  const server = at(output as Loose, "ingress", "httpServer");
  const endpoints = listAt(server, "health");
  yield;
  uniqueProbes(probes, report);
  yield;
  uniquePorts(server, report);
  uniquePaths(server, endpoints, report);
  const names = new MetricNames(report);
  for (const [i, probe] of probes.entries()) {
    yield;
    uniqueHeaders(at(probe, "httpGet", "headers"), ["egress", "probes", i, "httpGet", "headers"], report);
    names.add(probe, ["egress", "probes", i]);
  }
  for (const [i, endpoint] of endpoints.entries()) {
    yield;
    names.add(endpoint, ["ingress", "httpServer", "health", i]);
  }
}

function uniqueProbes(probes: readonly Loose[], report: ReportPath): void {
  const seen = new Map<string, Path>();
  probes.forEach((probe, i) => {
    const name = at(probe, "name");
    const path = ["egress", "probes", i, "name"];
    if (typeof name !== "string" || name === "") return;
    const first = seen.get(name);
    if (first) report(path, `the name is taken: ${formatPath(first)} is ${quote(name)} too`);
    else seen.set(name, path);
  });
}

/** Headers' names are the same in upper and lower case. */
function uniqueHeaders(headers: Loose, path: Path, report: ReportPath): void {
  const seen = new Map<string, string>();
  if (typeof headers !== "object" || headers === null) return;
  for (const name of Object.keys(headers)) {
    const first = seen.get(name.toLowerCase());
    if (first !== undefined) report([...path, name], `the name is taken: ${quote(first)} is the same header`);
    else seen.set(name.toLowerCase(), name);
  }
}

function uniquePorts(server: Loose, report: ReportPath): void {
  const [port, healthPort] = [at(server, "port"), at(server, "healthPort")];
  if (typeof healthPort !== "number" || healthPort === 0 || healthPort !== port) return;
  const first = formatPath(["ingress", "httpServer", "port"]);
  report(["ingress", "httpServer", "healthPort"], `the port is taken: ${first} is ${port} too`);
}

/** First segments of paths that Bunny answers itself. */
const RESERVED_SEGMENTS = new Set(["-", "api"]);

function uniquePaths(server: Loose, endpoints: readonly Loose[], report: ReportPath): void {
  const seen = new Map<string, Path>();
  const httpServer = ["ingress", "httpServer"];
  const claim = (value: Loose, path: Path) => {
    if (typeof value !== "string" || value === "") return;
    const plain = comparedPath(value);
    const [segment] = plain.split("/");
    const first = seen.get(plain);
    if (RESERVED_SEGMENTS.has(segment)) report(path, `/${segment} belongs to Bunny's own routes`);
    else if (first) report(path, `the path is taken: ${formatPath(first)} is /${plain} too`);
    else seen.set(plain, path);
  };
  for (const key of ["openTelemetryMetricsPath", "prometheusMetricsPath"]) {
    claim(at(server, key), [...httpServer, key]);
  }
  endpoints.forEach((endpoint, i) => claim(at(endpoint, "path"), [...httpServer, "health", i, "path"]));
}

/** A path as requests' paths are compared with it: without its leading slash and its escapes. */
export function comparedPath(path: string): string {
  const plain = path.replace(/^\/+/, "");
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain; // which the schema refuses
  }
}

const KINDS = { attempts: "counter", successes: "counter", responseTime: "gauge" } as const;

/** What a histogram's scrape adds to its name. */
const HISTOGRAM_SUFFIXES = ["_bucket", "_count", "_sum", "_created"];

/** The users' own metrics: no name of Bunny's, no name for two kinds, no series twice. */
class MetricNames {
  readonly #report: ReportPath;
  readonly #builtIn = new Set(
    Object.values(INSTRUMENTS).flatMap(({ name, kind }) =>
      kind === "histogram" ? [name, ...HISTOGRAM_SUFFIXES.map((suffix) => name + suffix)] : [name]
    ),
  );
  readonly #kinds = new Map<string, { kind: string; path: Path }>();
  readonly #series = new Map<string, Path>();

  constructor(report: ReportPath) {
    this.#report = report;
  }

  add(owner: Loose, path: Path): void {
    for (const [key, kind] of Object.entries(KINDS)) {
      const metric = at(owner, "metrics", key);
      const name = at(metric, "name");
      if (at(metric, "enabled") !== true || typeof name !== "string" || name === "") continue;
      this.#add(name, kind, labelsOf(owner, metric), [...path, "metrics", key, "name"]);
    }
  }

  #add(name: string, kind: string, labels: string, path: Path): void {
    const first = this.#kinds.get(name);
    const twin = this.#series.get(`${name} ${labels}`);
    if (this.#builtIn.has(name)) this.#report(path, "Bunny makes a metric of this name itself");
    else if (kind === "counter" && name === "_total") {
      this.#report(path, "this leaves no name where OpenMetrics takes _total off");
    } else if (first && first.kind !== kind) {
      this.#report(
        path,
        `the name is taken: ${formatPath(first.path)} is a ${first.kind}, this is a ${kind}`,
      );
    } else if (twin) {
      this.#report(path, `the name is taken: ${formatPath(twin)} has it with the same labels`);
    } else {
      this.#kinds.set(name, { kind, path });
      this.#series.set(`${name} ${labels}`, path);
    }
  }
}

/** Labels of a user's metric as one string, the same for the same ones in another order: the probe's, and its own. */
function labelsOf(owner: Loose, metric: Loose): string {
  const labels = new Map<Loose, Loose>(Object.entries(mapAt(owner, "labels")));
  for (const label of listAt(metric, "extraLabels")) labels.set(at(label, "name"), at(label, "value"));
  return JSON.stringify([...labels].filter(([, value]) => value !== "").sort());
}

function at(value: Loose, ...path: readonly string[]): Loose {
  for (const key of path) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    value = (value as { readonly [key: string]: Loose })[key];
  }
  return value;
}

function listAt(value: Loose, ...path: readonly string[]): readonly Loose[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

function mapAt(value: Loose, key: string): { readonly [key: string]: Loose } {
  const found = at(value, key);
  return typeof found === "object" && found !== null && !Array.isArray(found)
    ? found as { readonly [key: string]: Loose }
    : {};
}
