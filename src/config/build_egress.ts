/** Values that passed every check → the probes' part of Config. */
import type { Regex } from "../base/regex.ts";
import type { Steps } from "../base/steps.ts";
import type * as C from "./config.ts";
import { DEFAULT_HOST } from "./schema_common.ts";
import { type EgressInput, type ProbeInput, statusRange } from "./schema_egress.ts";

type HttpInput = NonNullable<ProbeInput["httpGet"]>;
type GrpcInput = NonNullable<ProbeInput["grpc"]>;
type TcpInput = NonNullable<ProbeInput["tcpSocket"]>;
type ExecInput = NonNullable<ProbeInput["exec"]>;
type TlsInput = NonNullable<HttpInput["tls"]>;
type HeadersInput = HttpInput["httpHeaders"];
type MetricsInput = ProbeInput["metrics"];

/** A pattern that has been checked, compiled. */
export type ToRegex = (source: string) => Regex;

export function* buildEgress(egress: EgressInput, toRegex: ToRegex): Steps<C.EgressConfig> {
  const probes: C.ProbeConfig[] = [];
  for (const probe of egress.probes) {
    probes.push(buildProbe(probe, egress, toRegex));
    yield;
  }
  return { probes };
}

function buildProbe(probe: ProbeInput, egress: EgressInput, toRegex: ToRegex): C.ProbeConfig {
  const periodMs = probe.periodMilliseconds ?? egress.periodMilliseconds;
  return {
    name: probe.name,
    action: buildAction(probe, toRegex),
    initialDelayMs: probe.initialDelayMilliseconds ?? egress.initialDelayMilliseconds,
    periodMs,
    timeoutMs: probe.timeoutMilliseconds ?? egress.timeoutMilliseconds,
    labels: probe.labels,
    adaptive: buildAdaptive(probe.adaptive ?? egress.adaptive, periodMs),
    metrics: buildMetrics(probe.metrics),
  };
}

/** A period that is not shorter than the ordinary one changes nothing. */
function buildAdaptive(adaptive: EgressInput["adaptive"], periodMs: number): C.AdaptiveConfig | undefined {
  const shorter = (ms: number | undefined) => ms !== undefined && ms < periodMs ? ms : undefined;
  const untilSuccessPeriodMs = shorter(adaptive?.untilSuccessPeriodMilliseconds);
  const onFailurePeriodMs = shorter(adaptive?.onFailurePeriodMilliseconds);
  if (untilSuccessPeriodMs === undefined && onFailurePeriodMs === undefined) return undefined;
  return { untilSuccessPeriodMs, onFailurePeriodMs };
}

function buildAction({ name, httpGet, grpc, tcpSocket, exec }: ProbeInput, toRegex: ToRegex): C.ProbeAction {
  if (httpGet) return { kind: "http", http: buildHttp(httpGet, toRegex) };
  if (grpc) return { kind: "grpc", grpc: buildGrpc(grpc) };
  if (tcpSocket) return { kind: "tcp", tcp: buildTcp(tcpSocket, toRegex) };
  if (exec) return { kind: "exec", exec: buildExec(exec) };
  throw new Error(
    `Cannot build probe ${JSON.stringify(name)}: it has no action, though the schema asks for one`,
  );
}

function buildHttp(http: HttpInput, toRegex: ToRegex): C.HttpAction {
  const optionalRegex = (source: string | undefined) => source === undefined ? undefined : toRegex(source);
  return {
    host: buildHost(http.host),
    port: http.port,
    path: http.path.startsWith("/") ? http.path : `/${http.path}`,
    scheme: http.scheme.toUpperCase() as C.HttpAction["scheme"],
    headers: buildHeaders(http.httpHeaders),
    method: http.method,
    protocol: http.protocol,
    expectedStatuses: http.expectedStatuses.map(buildStatusRange),
    body: http.body &&
      { matches: optionalRegex(http.body.matches), notMatches: optionalRegex(http.body.notMatches) },
    expectedHeaders: Object.fromEntries(
      Object.entries(http.headers).map(([name, source]) => [name.toLowerCase(), toRegex(source)]),
    ),
    headersFromFile: http.headersFromFile,
    followRedirects: http.followRedirects,
    tls: buildTls(http.tls ?? { verify: false }),
  };
}

function buildGrpc(grpc: GrpcInput): C.GrpcAction {
  return {
    host: buildHost(grpc.host),
    port: grpc.port,
    service: grpc.service,
    metadata: buildHeaders(grpc.metadata).map(({ name, value }) => ({ name: name.toLowerCase(), value })),
    tls: grpc.tls && buildTls(grpc.tls),
  };
}

function buildTcp(tcp: TcpInput, toRegex: ToRegex): C.TcpAction {
  return {
    host: buildHost(tcp.host ?? tcp.service ?? DEFAULT_HOST),
    port: tcp.port,
    expect: tcp.expect.map((step) => buildStep(step, toRegex)),
    tls: tcp.tls && buildTls(tcp.tls),
  };
}

function buildStep({ send, receive }: TcpInput["expect"][number], toRegex: ToRegex): C.ExpectStep {
  if (send) return { kind: "send", text: send.text, delimiter: send.delimiter };
  if (!receive) throw new Error("Cannot build an expect step: it neither sends nor receives");
  const { regex, delimiter, maxBytes, not } = receive;
  return { kind: "receive", regex: toRegex(regex), delimiter, maxBytes, not };
}

function buildExec({ command: [program, ...args], env }: ExecInput): C.ExecAction {
  return { command: [program, ...args], env };
}

function buildTls({ verify, ca, cert, key, serverName }: TlsInput): C.TlsConfig {
  return { verify, ca, cert, key, serverName };
}

/** "" is the default host, and brackets around an IPv6 address say nothing. */
function buildHost(host: string): string {
  return host === "" ? DEFAULT_HOST : host.replace(/^\[(.*)\]$/, "$1");
}

function buildHeaders(headers: HeadersInput): C.HeaderConfig[] {
  return headers.flatMap(({ name, value }) =>
    (Array.isArray(value) ? value : [value]).map((each) => ({ name, value: each }))
  );
}

function buildStatusRange(status: string | number): C.StatusRange {
  if (typeof status === "number") return { from: status, to: status };
  const range = statusRange(status);
  if (!range) throw new Error(`Cannot build a status range from ${JSON.stringify(status)}`);
  return range;
}

export function buildMetrics({ attempts, successes, responseTime }: MetricsInput): C.UserMetricsConfig {
  return {
    attempts: buildMetric(attempts),
    successes: buildMetric(successes),
    responseTime: buildMetric(responseTime),
  };
}

function buildMetric(metric: MetricsInput["attempts"]): C.UserMetricConfig | undefined {
  if (!metric?.enabled) return undefined;
  return {
    name: metric.name,
    extraLabels: Object.fromEntries(metric.extraLabels.map(({ name, value }) => [name, value])),
  };
}
