/**
 * One row a metric: its name in the store and on the scrape page, its OpenTelemetry name and unit, and its meaning.
 * Users' own metrics (the `metrics` blocks of the configuration) make further rows at run time.
 */
export interface Instrument {
  /** Prometheus name, in base units. */
  readonly name: string;
  readonly kind: "gauge" | "counter" | "histogram";
  readonly help: string;
  /** Prometheus unit, as OpenMetrics' `# UNIT` gives it; "" without one. */
  readonly unit: string;
  /** OpenTelemetry name and UCUM unit; "" for codes and flags: with "1" receivers take a gauge for a ratio and rename it. */
  readonly otelName: string;
  readonly otelUnit: string;
  /** Over OTLP a histogram is exponential. `false`: not offered over OTLP, for it would be counted twice. */
  readonly otlp: boolean;
}

type Row = Omit<Instrument, "kind" | "name">;

const rows = <Name extends string>(kind: Instrument["kind"], table: Readonly<Record<Name, Row>>) =>
  Object.fromEntries(
    Object.entries<Row>(table).map(([name, row]) => [name, { name, kind, ...row }]),
  ) as Readonly<Record<Name, Instrument>>;

const row = (help: string, otelName: string, otelUnit: string, unit = "", otlp = true): Row => ({
  help,
  unit,
  otelName,
  otelUnit,
  otlp,
});

/** Every metric that Bunny keeps by itself, by its Prometheus name. */
export const INSTRUMENTS = {
  ...rows("gauge", {
    probe_success: row("Whether the last probe succeeded.", "bunny.probe.success", ""),
    probe_duration_seconds: row(
      "How long the last probe took, failures included.",
      "bunny.probe.last_duration",
      "s",
      "seconds",
    ),
    probe_timeout_seconds: row("The probe's time limit.", "bunny.probe.timeout", "s", "seconds"),
    probe_interval_seconds: row("Time between the probe's beats.", "bunny.probe.interval", "s", "seconds"),
    probe_http_status_code: row("Status of the last HTTP answer.", "bunny.probe.http.status_code", ""),
    probe_http_redirects: row(
      "Redirects that the last HTTP probe followed.",
      "bunny.probe.http.redirects",
      "{redirect}",
    ),
    probe_http_duration_seconds: row(
      "How long each phase of the last HTTP probe took, redirects added up.",
      "bunny.probe.http.phase_duration",
      "s",
      "seconds",
    ),
    probe_ssl_earliest_cert_expiry: row(
      "Unix time at which the first certificate of the target's chain expires.",
      "bunny.probe.tls.earliest_cert_expiry",
      "s",
    ),
    probe_grpc_status_code: row("Status code of the last gRPC call.", "bunny.probe.grpc.status_code", ""),
    probe_exec_exit_code: row("Exit code of the last command.", "bunny.probe.exec.exit_code", ""),
    probe_expect_failed_step: row(
      "Number of the expect step that failed last time, from 1; 0: none failed.",
      "bunny.probe.expect.failed_step",
      "",
    ),
    probe_consecutive_failures: row(
      "Failures in a row up to now.",
      "bunny.probe.consecutive_failures",
      "{attempt}",
    ),
    probe_consecutive_successes: row(
      "Successes in a row up to now.",
      "bunny.probe.consecutive_successes",
      "{attempt}",
    ),
    probe_time_to_first_success_seconds: row(
      "From the probe's creation to its first success.",
      "bunny.probe.time_to_first_success",
      "s",
      "seconds",
    ),
    bunny_health_verdict: row("The endpoint's verdict: 1 healthy, 0 unhealthy.", "bunny.health.verdict", ""),
    bunny_probe_scheduling_delay_seconds: row(
      "How late the last beat was.",
      "bunny.probe.scheduling_delay",
      "s",
      "seconds",
    ),
    bunny_config_last_reload_successful: row(
      "Whether the last attempt to read the configuration succeeded.",
      "bunny.config.last_reload.successful",
      "",
    ),
    bunny_config_last_reload_success_timestamp_seconds: row(
      "Unix time of the last configuration that was applied.",
      "bunny.config.last_reload.success_timestamp",
      "s",
      "seconds",
    ),
  }),
  ...rows("counter", {
    probe_attempts_total: row("Probes that ran to their end.", "bunny.probe.attempts", "{attempt}"),
    probe_failures_total: row("Probes that failed, by reason.", "bunny.probe.failures", "{attempt}"),
    bunny_health_evaluations_total: row(
      "Evaluations of the endpoint's query, by result.",
      "bunny.health.evaluations",
      "{evaluation}",
    ),
    bunny_health_transitions_total: row(
      "Changes of the endpoint's verdict, by what it changed to.",
      "bunny.health.transitions",
      "{transition}",
    ),
    bunny_probes_skipped_total: row("Beats that did not run, by reason.", "bunny.probe.skipped", "{beat}"),
    bunny_config_reload_failures_total: row(
      "Attempts to read the configuration that found a mistake.",
      "bunny.config.reload.failures",
      "{reload}",
    ),
  }),
  ...rows("histogram", {
    probe_latency_seconds: row("How long probes took, by result.", "bunny.probe.duration", "s", "seconds"),
  }),
} as const;

/** A user's own metric: it goes everywhere under exactly the name it was given. */
export function userInstrument(
  kind: Instrument["kind"],
  name: string,
  help: string,
  otelUnit: string,
): Instrument {
  return { name, kind, help, unit: "", otelName: name, otelUnit, otlp: true };
}
