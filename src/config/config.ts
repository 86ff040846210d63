import type { Regex } from "../base/regex.ts";
import type { ConfigInput } from "./schema.ts";

/**
 * A configuration that has been read: every default filled in, every duration in milliseconds, every expression
 * compiled once to know that it can be. Plain data but for regular expressions: two that are alike compare equal by
 * `fingerprint`. Keys are named and grouped as in the file.
 */
export interface Config {
  readonly egress: EgressConfig;
  readonly ingress: IngressConfig;
  readonly signals: SignalsConfig;
  readonly telemetry: TelemetryConfig;
  readonly reload: ReloadConfig;
  /** The same in the file's own keys and words, to be shown to people: with defaults, and with its secrets. */
  readonly written: ConfigInput;
}

export interface EgressConfig {
  readonly probes: readonly ProbeConfig[];
}

export interface ProbeConfig {
  readonly name: string;
  readonly action: ProbeAction;
  /** Before the first beat, after the configuration is applied. */
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly adaptive: AdaptiveConfig | undefined;
  readonly metrics: UserMetricsConfig;
}

export interface AdaptiveConfig {
  /** Period until the first success. */
  readonly untilSuccessPeriodMs: number | undefined;
  /** Period from a change of outcome until it has settled. */
  readonly onFailurePeriodMs: number | undefined;
}

/** The users' own metrics of a probe or of a health endpoint; an absent one is not kept. */
export interface UserMetricsConfig {
  readonly attempts: UserMetricConfig | undefined;
  readonly successes: UserMetricConfig | undefined;
  readonly responseTime: UserMetricConfig | undefined;
}

export interface UserMetricConfig {
  readonly name: string;
  readonly extraLabels: Readonly<Record<string, string>>;
}

export type ProbeAction =
  | { readonly kind: "http"; readonly http: HttpAction }
  | { readonly kind: "grpc"; readonly grpc: GrpcAction }
  | { readonly kind: "tcp"; readonly tcp: TcpAction }
  | { readonly kind: "exec"; readonly exec: ExecAction };

export interface HttpAction {
  readonly host: string;
  readonly port: number;
  /** With its leading slash. */
  readonly path: string;
  readonly scheme: "HTTP" | "HTTPS";
  /** In file order; one entry a value. */
  readonly headers: readonly HeaderConfig[];
  readonly method: "GET" | "HEAD" | "POST" | "OPTIONS";
  readonly protocol: "http1" | "h2c";
  readonly expectedStatuses: readonly StatusRange[];
  readonly body: BodyExpectation | undefined;
  /** Response header name in lower case → pattern that one of its values must contain. */
  readonly expectedHeaders: Readonly<Record<string, Regex>>;
  /** File with `Name: value` lines, read again when it changes. */
  readonly headersFromFile: string | undefined;
  readonly followRedirects: boolean;
  readonly tls: TlsConfig;
}

export interface HeaderConfig {
  readonly name: string;
  readonly value: string;
}

/** Both ends inclusive. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

export interface BodyExpectation {
  readonly matches: Regex | undefined;
  readonly notMatches: Regex | undefined;
}

export interface GrpcAction {
  readonly host: string;
  readonly port: number;
  readonly service: string;
  readonly metadata: readonly HeaderConfig[];
  /** `undefined`: in the clear. */
  readonly tls: TlsConfig | undefined;
}

export interface TcpAction {
  readonly host: string;
  readonly port: number;
  readonly expect: readonly ExpectStep[];
  /** `undefined`: in the clear. */
  readonly tls: TlsConfig | undefined;
}

export type ExpectStep =
  | { readonly kind: "send"; readonly text: string; readonly delimiter: string }
  | {
    readonly kind: "receive";
    readonly regex: Regex;
    readonly delimiter: string;
    readonly maxBytes: number;
    /** The step passes when the pattern is not found. */
    readonly not: boolean;
  };

export interface ExecAction {
  /** Absolute path, then arguments. */
  readonly command: readonly [string, ...string[]];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

/** Paths of PEM files; they are read again when they change. */
export interface TlsConfig {
  readonly verify: boolean;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly serverName: string | undefined;
}

export interface IngressConfig {
  readonly host: string;
  readonly port: number;
  /** One more port, for verdicts alone; never `port`, but that both may be 0. */
  readonly healthPort?: number;
  readonly readTimeoutMs: number;
  readonly readHeaderTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxHeaderBytes: number;
  readonly maxConnections: number;
  /** Paths without a leading slash and percent escapes; "" : not offered. */
  readonly openTelemetryMetricsPath: string;
  readonly prometheusMetricsPath: string;
  readonly api: boolean;
  readonly statusPage: boolean;
  readonly health: readonly HealthConfig[];
}

export interface HealthConfig {
  /** Without a leading slash and percent escapes. */
  readonly path: string;
  readonly query: HealthQuery;
  readonly whenEmpty: "unhealthy" | "healthy";
  /** How long the query must have said so before the verdict changes to it, ms. */
  readonly forMs: { readonly healthy: number; readonly unhealthy: number };
  readonly initial: "unhealthy" | "healthy";
  readonly source: HealthSource;
  readonly description: string;
  readonly metrics: UserMetricsConfig;
}

export type HealthSource =
  | { readonly kind: "local" }
  | { readonly kind: "remote"; readonly url: string };

export type HealthQuery =
  | {
    readonly kind: "instant";
    readonly expr: string;
    readonly timeoutMs: number;
    /** Added to now. */
    readonly relativeTimeMs: number;
  }
  | {
    readonly kind: "range";
    readonly expr: string;
    readonly timeoutMs: number;
    readonly relativeStartMs: number;
    readonly relativeEndMs: number;
    readonly intervalMs: number;
  };

export interface SignalsConfig {
  /** `undefined`: no process is watched. */
  readonly watchedProcess: Regex | undefined;
  /** Limit of the stop itself (drain, flush, close), from when no watched process is left. */
  readonly shutdownTimeoutMs: number;
}

export const EXPORTERS = [
  "stdoutmetric",
  "prometheus",
  "otlpmetrichttp",
  "otlpmetricgrpc",
  "stdouttrace",
  "otlptracehttp",
  "otlptracegrpc",
] as const;
export type Exporter = (typeof EXPORTERS)[number];

export interface TelemetryConfig {
  readonly exporters: readonly Exporter[];
  /** Share of successful probes that are traced, 0…1; failed ones always are. */
  readonly traceSuccessRatio: number;
  readonly resourceAttributes: Readonly<Record<string, string>>;
  readonly store: StoreConfig;
  readonly promql: PromqlConfig;
}

export interface StoreConfig {
  /** "": in memory only. */
  readonly tsdbPath: string;
  readonly retentionMs: number;
  /** `undefined`: bounded by time alone. */
  readonly retentionSizeBytes: number | undefined;
  readonly minBlockMs: number;
  readonly maxBlockMs: number;
}

export interface PromqlConfig {
  readonly maxConcurrentQueries: number;
  readonly maxSamples: number;
  readonly timeoutMs: number;
  readonly lookbackMs: number;
  readonly noStepSubqueryIntervalMs: number;
}

export interface ReloadConfig {
  readonly delayMs: number;
  readonly jitterMs: number;
}
