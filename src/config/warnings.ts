import type { Steps } from "../base/steps.ts";
import type { Config, UserMetricsConfig } from "./config.ts";
import type { ReportPath } from "./cross_checks.ts";
import type { Path } from "./problem.ts";
import { builtInMetrics, remarks } from "./promql.ts";
import { isReservedHeader, isReservedMetadata } from "./reserved_headers.ts";
import type { ConfigInput } from "./schema.ts";

/** Says something about a place inside the text at this path. */
export type ReportInText = (path: Path, message: string, index: number) => void;

/** Misspelt names for which the one that was meant is looked for. */
const MAX_GUESSES = 20;

/**
 * What is allowed but most likely not what was meant.
 * @param isEnough whether so much has been reported that the rest needs no look
 */
export function* warn(
  input: ConfigInput,
  config: Config,
  report: ReportPath,
  inText: ReportInText,
  isEnough: () => boolean,
): Steps<void> {
  input.egress.probes.forEach(({ tcpSocket, httpGet, grpc }, i) => {
    const path = ["egress", "probes", i];
    if (tcpSocket?.service !== undefined) {
      report([...path, "tcpSocket", "service"], "deprecated: the key is called host now");
    }
    const unsent = (at: Path) => report([...path, ...at, "name"], "Bunny sets this itself: it is not sent");
    httpGet?.httpHeaders.forEach(({ name }, j) => {
      if (isReservedHeader(name)) unsent(["httpGet", "httpHeaders", j]);
    });
    grpc?.metadata.forEach(({ name }, j) => {
      if (isReservedMetadata(name)) unsent(["grpc", "metadata", j]);
    });
  });
  const { exporters } = input.telemetry.openTelemetry;
  exporters.forEach((exporter, i) => {
    if (exporters.indexOf(exporter) === i) return;
    report(["telemetry", "openTelemetry", "exporters", i], "this exporter is in the list already");
  });
  const selectable = {
    probes: new Set(config.egress.probes.map(({ name }) => name)),
    metrics: new Set([...builtInMetrics(), ...userMetricNames(config)]),
    guessesLeft: MAX_GUESSES,
  };
  for (const [i, { query, source, whenEmpty }] of config.ingress.health.entries()) {
    if (isEnough()) return;
    yield;
    const key = query.kind === "instant" ? "instantQuery" : "rangeQuery";
    const path = ["ingress", "httpServer", "health", i, key];
    if (query.kind === "instant" && query.relativeTimeMs > 0) {
      report([...path, "relativeInstantTime"], "this lies in the future, where there are no samples yet");
    }
    if (query.kind === "range" && query.relativeEndMs > 0) {
      report([...path, "relativeEndTime"], "this lies in the future, where there are no samples yet");
    }
    if (source.kind === "remote") continue;
    for (const { message, index } of yield* remarks(query.expr, selectable, whenEmpty)) {
      inText([...path, "query"], message, index ?? 0);
    }
  }
}

function userMetricNames({ egress, ingress }: Config): string[] {
  const names = ({ attempts, successes, responseTime }: UserMetricsConfig) =>
    [attempts, successes, responseTime].flatMap((metric) => metric ? [metric.name] : []);
  return [...egress.probes, ...ingress.health].flatMap(({ metrics }) => names(metrics));
}
