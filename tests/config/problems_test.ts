import assert from "node:assert/strict";
import { formatProblem, readConfig } from "../../src/config/mod.ts";

const FIXTURES = new URL("../fixtures/config/", import.meta.url);

/** One file a mistake, and all that is said of it, without the file's name. */
const MISTAKES: Readonly<Record<string, readonly string[]>> = {
  cross_health_path_of_api: [
    "4:15: ingress.httpServer.health[0].path: /api belongs to Bunny's own routes",
  ],
  cross_health_path_of_scrape_page: [
    "4:15: ingress.httpServer.health[0].path: the path is taken: ingress.httpServer.openTelemetryMetricsPath is /otel-metrics too",
  ],
  cross_health_port_taken: [
    "3:17: ingress.httpServer.healthPort: the port is taken: ingress.httpServer.port is 1312 too",
  ],
  cross_health_port_twice: [
    "4:17: ingress.httpServer.healthPort: the port is taken: ingress.httpServer.port is 8000 too",
    '5:21: ingress.httpServer.maxConnections: expected a whole number from 1 to 100000, found "many"',
  ],
  cross_health_path_twice: [
    "6:15: ingress.httpServer.health[1].path: the path is taken: ingress.httpServer.health[0].path is /healthz too",
  ],
  cross_metric_built_in: [
    "6:26: egress.probes[0].metrics.attempts.name: Bunny makes a metric of this name itself",
  ],
  cross_metric_histogram_part: [
    "6:26: egress.probes[0].metrics.attempts.name: Bunny makes a metric of this name itself",
  ],
  cross_metric_series_twice: [
    "14:17: egress.probes[1].metrics.attempts.name: the name is taken: egress.probes[0].metrics.attempts.name has it with the same labels",
  ],
  cross_metric_two_kinds: [
    "7:30: egress.probes[0].metrics.responseTime.name: the name is taken: egress.probes[0].metrics.attempts.name is a counter, this is a gauge",
  ],
  cross_probe_name_twice: [
    '5:13: egress.probes[1].name: the name is taken: egress.probes[0].name is "app" too',
  ],
  cross_scrape_path_reserved: [
    "3:28: ingress.httpServer.prometheusMetricsPath: /- belongs to Bunny's own routes",
  ],
  cross_scrape_paths_alike: [
    "3:28: ingress.httpServer.prometheusMetricsPath: the path is taken: ingress.httpServer.openTelemetryMetricsPath is /metrics too",
  ],
  key_empty: [
    "5:9: egress.probes[0].httpGet.port: missing",
  ],
  key_missing: [
    "5:9: egress.probes[0].httpGet.port: missing",
  ],
  key_that_is_a_list: [
    "2:3: egress: a key must be plain text",
  ],
  key_twice: [
    "4:3: egress.periodMilliseconds: the key is there twice; line 2 has it already",
  ],
  promql_empty: [
    "6:19: ingress.httpServer.health[0].instantQuery.query: PromQL: no expression found in input",
  ],
  promql_in_folded_block: [
    "9:16: ingress.httpServer.health[0].instantQuery.query: PromQL at 2:4: unexpected right parenthesis ')'",
  ],
  promql_in_literal_block: [
    "9:27: ingress.httpServer.health[0].instantQuery.query: PromQL at 3:15: unexpected right bracket ']'",
  ],
  promql_in_plain_lines: [
    '8:15: ingress.httpServer.health[0].instantQuery.query: PromQL at 1:25: unexpected number "1"',
  ],
  promql_in_single_quotes: [
    "6:48: ingress.httpServer.health[0].instantQuery.query: PromQL at 1:28: unexpected <op:==>",
  ],
  promql_range_of_matrix: [
    '8:18: ingress.httpServer.health[0].rangeQuery.query: PromQL at 1:1: invalid expression type "range vector" for range query, must be Scalar or instant Vector',
  ],
  promql_range_of_string: [
    '8:19: ingress.httpServer.health[0].rangeQuery.query: PromQL at 1:1: invalid expression type "string" for range query, must be Scalar or instant Vector',
  ],
  promql_regex: [
    "6:32: ingress.httpServer.health[0].instantQuery.query: PromQL at 1:15: error parsing regexp: missing closing ): `a(`",
  ],
  http_headers_twice: [
    '8:20: egress.probes[0].httpGet.headers.x-ready: the name is taken: "X-Ready" is the same header',
  ],
  metric_name_total: [
    "6:27: egress.probes[0].metrics.attempts.name: this leaves no name where OpenMetrics takes _total off",
  ],
  promql_syntax: [
    "6:52: ingress.httpServer.health[0].instantQuery.query: PromQL at 1:35: unclosed left parenthesis",
  ],
  promql_type: [
    '6:23: ingress.httpServer.health[0].instantQuery.query: PromQL at 1:6: expected type range vector in call to function "rate", got instant vector; give it a window, such as [10s]',
  ],
  promql_misspelt_function: [
    '6:18: ingress.httpServer.health[0].instantQuery.query: PromQL at 1:1: unknown function with name "avg_overtime", did you mean "avg_over_time"?',
  ],
  promql_unknown_function: [
    '6:30: ingress.httpServer.health[0].instantQuery.query: PromQL at 1:11: unknown function with name "nosuch"',
  ],
  secret_by_alias: [
    "5:15: egress.probes[0].httpGet.port: no anchor of this name stands before this alias; text that begins with * belongs in quotes",
    "8:27: egress.probes[1].httpGet.port: expected a whole number from 1 to 65535, found text",
  ],
  secret_env_value_list: [
    "8:20: egress.probes[0].exec.env[0].value: expected text, found a list",
  ],
  secret_header_as_mapping: [
    "7:11: egress.probes[0].httpGet.httpHeaders: expected a list, found a mapping",
  ],
  secret_header_value_line_break: [
    "8:20: egress.probes[0].httpGet.httpHeaders[0].value: a header's value can't hold line breaks or other control characters",
  ],
  secret_header_value_mapping: [
    "8:20: egress.probes[0].httpGet.httpHeaders[0].value: expected text or a list of texts, found a mapping",
  ],
  secret_in_bad_yaml: [
    "8:27: bad escape sequence in double quotes; write \\\\ for a backslash, or use single quotes",
  ],
  secret_item_as_text: [
    "7:13: egress.probes[0].httpGet.httpHeaders[0]: expected a mapping, found text",
    "11:15: egress.probes[1].exec.env[0]: expected a mapping, found text",
    "11:29: egress.probes[1].exec.env[1]: expected a mapping, found a number",
  ],
  secret_list_as_text: [
    "6:22: egress.probes[0].httpGet.httpHeaders: expected a list, found text",
    "10:19: egress.probes[1].grpc.metadata: expected a list, found text",
    "13:18: egress.probes[2].exec.command: expected a list, found text",
    "14:14: egress.probes[2].exec.env: expected a list, found text",
  ],
  secret_metadata_value: [
    "8:29: egress.probes[0].grpc.metadata[0].value[1]: expected text, found a mapping",
  ],
  several_at_once: [
    '2:23: egress.periodMilliseconds: expected a whole number from 10 to 86400000, found "fast"',
    '6:9: egress.probes[0].httpGet.prot: unknown key, did you mean "port"?',
    "6:15: egress.probes[0].httpGet.prot: expected a whole number from 1 to 65535, found 99999",
    "7:15: egress.probes[0].httpGet.path: a path can't hold blanks or control characters; write %20",
    '8:13: egress.probes[1].name: the name is taken: egress.probes[0].name is "app" too',
    '10:9: egress.probes[1].exec.comand: unknown key, did you mean "command"?',
    "10:17: egress.probes[1].exec.comand: the program must be an absolute path: no shell looks for it",
    '16:20: ingress.httpServer.health[0].instantQuery.timeout: expected a duration from 1ms to 1h, such as "300ms" or "1m30s", found 1',
    "17:21: ingress.httpServer.health[0].instantQuery.query: PromQL at 1:4: unexpected end of input inside braces",
    "18:15: ingress.httpServer.health[1].path: the path is taken: ingress.httpServer.health[0].path is /healthz too",
    "19:21: ingress.httpServer.health[1].rangeQuery.relativeStartTime: missing",
    "19:21: ingress.httpServer.health[1].rangeQuery.interval: missing",
    "23:29: telemetry.prometheus.promql.maxConcurrentQueries: expected a whole number from 1 to 10000, found 0",
  ],
  together_block_durations: [
    "4:7: telemetry.prometheus.tsdbOptions.minBlockDurationMilliseconds: must not be longer than maxBlockDurationMilliseconds",
  ],
  together_body_empty: [
    "6:15: egress.probes[0].httpGet.body: give matches, notMatches or both",
  ],
  together_body_of_head: [
    "7:9: egress.probes[0].httpGet.body: the answer to HEAD has no body to look at",
  ],
  together_cert_without_key: [
    "7:15: egress.probes[0].httpGet.tls.cert: cert and key are needed together",
  ],
  together_h2c_over_tls: [
    "7:9: egress.probes[0].httpGet.protocol: h2c is HTTP/2 without TLS: it goes with scheme HTTP only",
  ],
  together_host_and_service: [
    "4:37: egress.probes[0].tcpSocket.service: service is an old name of host: give host alone",
  ],
  together_no_action: [
    "3:7: egress.probes[0]: a probe has exactly one of httpGet, grpc, tcpSocket, exec, found none",
  ],
  together_no_query: [
    "4:9: ingress.httpServer.health[0]: a health endpoint has exactly one of instantQuery, rangeQuery, found neither",
  ],
  together_range_backwards: [
    "6:11: ingress.httpServer.health[0].rangeQuery.relativeStartTime: the range must start before it ends (relativeEndTime)",
  ],
  together_range_too_many_steps: [
    "7:11: ingress.httpServer.health[0].rangeQuery.interval: the range has 11001 steps of this length; at most 11000 are allowed",
  ],
  together_range_too_many_whole_steps: [
    "7:11: ingress.httpServer.health[0].rangeQuery.interval: the range has 11001 steps of this length; at most 11000 are allowed",
  ],
  together_remote_without_url: [
    "5:9: ingress.httpServer.health[0].source: source remote needs remoteUrl",
  ],
  together_step_both: [
    "8:13: egress.probes[0].tcpSocket.expect[0].receive: a step is either send or receive, found both",
  ],
  together_step_neither: [
    "4:37: egress.probes[0].tcpSocket.expect[0]: a step is either send or receive, found neither",
  ],
  together_tls_without_https: [
    "6:9: egress.probes[0].httpGet.tls: tls needs scheme HTTPS",
  ],
  together_two_actions: [
    "5:7: egress.probes[0].exec: a probe has exactly one of httpGet, grpc, tcpSocket, exec, found grpc and exec",
  ],
  together_two_queries: [
    "6:9: ingress.httpServer.health[0].rangeQuery: a health endpoint has exactly one of instantQuery, rangeQuery, found both",
  ],
  together_url_without_remote: [
    "5:9: ingress.httpServer.health[0].remoteUrl: remoteUrl needs source remote",
  ],
  type_brackets_for_query: [
    "6:18: ingress.httpServer.health[0].instantQuery.query: expected a PromQL expression, found a mapping; put text that starts with { into quotes",
  ],
  type_colon_without_blank: [
    '5:9: egress.probes[0].httpGet: expected a mapping, found "port:80"; a blank is missing behind the colon',
  ],
  type_duration_as_number: [
    '6:20: ingress.httpServer.health[0].instantQuery.timeout: expected a duration from 1ms to 1h, such as "300ms" or "1m30s", found 5',
  ],
  type_duration_for_milliseconds: [
    '2:23: egress.periodMilliseconds: expected a whole number from 10 to 86400000, found "1.5s"; in milliseconds that is 1500',
    '3:24: egress.timeoutMilliseconds: expected a whole number from 1 to 3600000, found "0s"',
  ],
  type_fraction: [
    "2:23: egress.periodMilliseconds: expected a whole number from 10 to 86400000, found 0.5",
  ],
  type_list_for_mapping: [
    "2:3: egress: expected a mapping, found a list",
  ],
  type_mapping_for_list: [
    "3:5: egress.probes: expected a list, found a mapping",
  ],
  type_mapping_for_text: [
    "7:11: egress.probes[0].tcpSocket.host: expected a host name or an IP address, found a mapping",
  ],
  type_nothing_in_list: [
    "3:6: egress.probes[0]: expected a mapping, found nothing",
  ],
  type_number_for_flag: [
    "3:10: ingress.httpServer.api: expected true or false, found 1",
  ],
  type_text_for_flag: [
    '3:10: ingress.httpServer.api: expected true or false, found "yes"',
  ],
  type_text_for_mapping: [
    '1:9: egress: expected a mapping, found "probes"',
  ],
  type_text_for_number: [
    '5:15: egress.probes[0].httpGet.port: expected a whole number from 1 to 65535, found "8080"; leave the quotes out',
  ],
  type_variable_for_number: [
    '2:23: egress.periodMilliseconds: expected a whole number from 10 to 86400000, found "${PERIOD}"; no variables are put in here',
    "3:24: egress.timeoutMilliseconds: expected a whole number from 1 to 3600000, found an empty mapping; {{ }} is a template's: render the file first",
    "3:25: egress.timeoutMilliseconds: a key must be plain text",
  ],
  type_whole_file: [
    "1:1: expected a mapping, found a list",
  ],
  unknown_key_in_seconds: [
    '2:3: egress.periodSeconds: unknown key, did you mean "periodMilliseconds"? (1000 for each second)',
    "6:7: egress.probes[0].failureThreshold: unknown key: how many failures count is for a health endpoint's query to say",
  ],
  unknown_key_indented_too_far: [
    "6:9: egress.probes[0].httpGet.timeoutMilliseconds: unknown key; the mapping above has one: is this line indented too far?",
  ],
  unknown_key_not_indented: [
    "3:7: egress.probes[0]: a probe has exactly one of httpGet, grpc, tcpSocket, exec, found none",
    "5:7: egress.probes[0].port: unknown key; httpGet has one: is this line indented far enough?",
  ],
  unknown_key_of_another_letter_case: [
    '4:7: egress.probes[0].tcpsocket: unknown key, did you mean "tcpSocket"?',
    "5:15: egress.probes[0].tcpsocket.port: expected a whole number from 1 to 65535, found 70000",
  ],
  unknown_key_toString: [
    "1:1: toString: unknown key; known here: egress, ingress, signals, telemetry, reload",
  ],
  unknown_key_with_guess: [
    '6:9: egress.probes[0].httpGet.prot: unknown key, did you mean "port"?',
  ],
  unknown_key_without_guess: [
    "3:3: egress.zebra: unknown key; known here: initialDelayMilliseconds, periodMilliseconds, timeoutMilliseconds, adaptive, probes",
  ],
  unknown_keys_of_kubernetes: [
    "1:1: this is a Kubernetes object; Bunny's file is what stands in its data",
  ],
  unknown_keys_several: [
    '2:3: egress.probe: unknown key, did you mean "probes"?',
    '3:1: ingres: unknown key, did you mean "ingress"?',
    '6:5: telemetry.openTelemetry.exporter: unknown key, did you mean "exporters"?',
  ],
  value_command_empty: [
    "4:23: egress.probes[0].exec.command: a command has at least the path of a program",
  ],
  value_command_relative: [
    "4:23: egress.probes[0].exec.command: the program must be an absolute path: no shell looks for it",
  ],
  value_delimiter_empty: [
    '6:50: egress.probes[0].tcpSocket.expect[0].receive.delimiter: expected text that is not empty, found ""',
  ],
  value_duration_negative_timeout: [
    '6:20: ingress.httpServer.health[0].instantQuery.timeout: expected a duration from 1ms to 1h, such as "300ms" or "1m30s", found "-1s"',
  ],
  value_duration_without_unit: [
    '6:32: ingress.httpServer.health[0].instantQuery.relativeInstantTime: expected a duration of at most a year, such as "300ms" or "1m30s", found "-5"',
  ],
  value_env_name: [
    "4:49: egress.probes[0].exec.env[0].name: a variable's name can't hold = or a NUL character",
  ],
  value_exporter_misspelt: [
    '5:9: telemetry.openTelemetry.exporters[1]: expected one of "stdoutmetric", "prometheus", "otlpmetrichttp", "otlpmetricgrpc", "stdouttrace", "otlptracehttp", "otlptracegrpc", found "otlptracehtpp", did you mean "otlptracehttp"?',
  ],
  value_extra_label_twice: [
    "9:11: egress.probes[0].metrics.attempts.extraLabels: a label is there twice",
  ],
  value_for_negative: [
    "5:38: ingress.httpServer.health[0].forMilliseconds.unhealthy: expected a whole number from 0 to 86400000, found -1",
  ],
  value_for_text: [
    '5:26: ingress.httpServer.health[0].forMilliseconds: expected a number of milliseconds, or a mapping with healthy and unhealthy, found "5s"',
  ],
  value_header_name: [
    "7:19: egress.probes[0].httpGet.httpHeaders[0].name: this can't be the name of a header",
  ],
  value_health_path_empty: [
    "4:15: ingress.httpServer.health[0].path: a path must not be empty",
  ],
  value_health_path_escapes: [
    "4:15: ingress.httpServer.health[0].path: % must begin an escape of UTF-8, such as %20",
    "8:15: ingress.httpServer.health[2].path: the path is taken: ingress.httpServer.health[1].path is /ready too",
  ],
  value_health_path_query: [
    "4:15: ingress.httpServer.health[0].path: a path is made of what a URL's path may hold: no blanks, no ?, no #",
  ],
  value_host_almost_ipv4: [
    "6:15: egress.probes[0].httpGet.host: an IPv4 address is four numbers up to 255, without leading zeros",
    "10:15: egress.probes[1].httpGet.host: an IPv4 address is four numbers up to 255, without leading zeros",
  ],
  value_host_almost_ipv6: [
    "6:15: egress.probes[0].httpGet.host: this is neither a host name nor an IP address",
    "10:15: egress.probes[1].httpGet.host: this is neither a host name nor an IP address",
    "14:15: egress.probes[2].httpGet.host: this is neither a host name nor an IP address",
  ],
  value_host_blank: [
    "6:15: egress.probes[0].httpGet.host: this is neither a host name nor an IP address",
  ],
  value_host_url: [
    "6:15: egress.probes[0].httpGet.host: a host is a name or an address, without a scheme",
  ],
  value_host_with_port: [
    '6:15: egress.probes[0].httpGet.host: a host is a name or an address; the port has a key of its own, "port"',
  ],
  value_interval_zero: [
    '7:21: ingress.httpServer.health[0].rangeQuery.interval: expected a duration from 1ms, such as "300ms" or "1m30s", found "0s"',
  ],
  value_label_name: [
    '5:9: egress.probes[0].labels.team-name: a label\'s name is made of letters, digits and _, and starts with no digit: "team-name" does not fit',
  ],
  value_label_reserved: [
    "5:9: egress.probes[0].labels.__name__: names that start with __ belong to Prometheus",
    "6:9: egress.probes[0].labels.type: Bunny sets this label itself",
  ],
  value_metric_name: [
    '6:20: egress.probes[0].metrics.attempts.name: a metric\'s name is made of letters, digits, _ and :, and starts with no digit: "1st-attempts" does not fit',
  ],
  value_metric_name_missing: [
    "6:19: egress.probes[0].metrics.attempts: a metric that is enabled needs a name",
  ],
  value_path_fragment: [
    "6:15: egress.probes[0].httpGet.path: a path has no #fragment",
  ],
  value_period_too_short: [
    "2:23: egress.periodMilliseconds: expected a whole number from 10 to 86400000, found 5",
  ],
  value_port_too_large: [
    "3:11: ingress.httpServer.port: expected a whole number from 0 to 65535, found 65536",
  ],
  value_port_zero: [
    "5:15: egress.probes[0].httpGet.port: expected a whole number from 1 to 65535, found 0",
  ],
  value_regex: [
    "8:22: egress.probes[0].tcpSocket.expect[0].receive.regex: bad regular expression: missing closing ): `can(.* complain`",
  ],
  value_regex_empty_watched_process: [
    "2:35: signals.watchedProcessCommandLineRegEx: an empty pattern matches every process; leave the key out to watch none",
  ],
  value_regex_lookahead: [
    "7:20: egress.probes[0].httpGet.body.matches: bad regular expression: invalid or unsupported Perl syntax: `(?=`",
  ],
  value_regex_watched_process: [
    "2:35: signals.watchedProcessCommandLineRegEx: bad regular expression: missing closing ]: `[a-`",
  ],
  value_reload_delay: [
    '2:10: reload.delay: expected a duration from 0 to 24h, such as "300ms" or "1m30s", found "soon"',
  ],
  value_remote_url: [
    "6:20: ingress.httpServer.health[0].remoteUrl: this is not the plain URL of a Prometheus-compatible server, such as http://prometheus:9090",
  ],
  value_remote_url_blocked_port: [
    "6:20: ingress.httpServer.health[0].remoteUrl: port 10080 can't be asked: the Fetch standard blocks it, for it is another protocol's",
    "10:20: ingress.httpServer.health[1].remoteUrl: port 22 can't be asked: the Fetch standard blocks it, for it is another protocol's",
  ],
  value_scheme: [
    '6:17: egress.probes[0].httpGet.scheme: expected "HTTP" or "HTTPS", found "FTP"',
  ],
  value_status_code: [
    "6:28: egress.probes[0].httpGet.expectedStatuses[0]: expected a whole number from 100 to 599, found 99",
  ],
  value_status_range: [
    '6:33: egress.probes[0].httpGet.expectedStatuses[1]: expected a status code or a range such as "200-299", found "299-200"',
  ],
  value_statuses_empty: [
    "6:27: egress.probes[0].httpGet.expectedStatuses: expected a list that is not empty, found an empty list",
  ],
  value_success_ratio: [
    "3:28: telemetry.openTelemetry.traces.successRatio: expected a number from 0 to 1, found 1.5",
  ],
  value_timeout_zero: [
    "4:28: egress.probes[0].timeoutMilliseconds: expected a whole number from 1 to 3600000, found 0",
  ],
  yaml_alias_of_itself: [
    "2:11: egress.probes: no anchor of this name stands before this alias; text that begins with * belongs in quotes",
  ],
  yaml_alias_unknown: [
    "2:11: egress.probes: no anchor of this name stands before this alias; text that begins with * belongs in quotes",
  ],
  yaml_bracket_open: [
    "3:1: a [ or { above is not closed, or its end is not indented far enough",
  ],
  yaml_colon: [
    '3:13: a second key on this line; text that holds ": " must be quoted',
  ],
  yaml_comments_only: [
    "the file is empty; write {} for a configuration of defaults alone",
  ],
  yaml_deep: [
    "1:9: egress: expected a mapping, found a list",
    "1:41: egress[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]: more than 32 levels inside one another",
  ],
  yaml_empty: [
    "the file is empty; write {} for a configuration of defaults alone",
  ],
  yaml_escape: [
    "3:16: bad escape sequence in double quotes; write \\\\ for a backslash, or use single quotes",
  ],
  yaml_indentation: [
    "3:1: bad indentation: keys of one mapping, and items of one list, begin in the same column",
  ],
  yaml_indentation_of_item: [
    "4:1: bad indentation: this line is in line with neither the list above nor the keys of its last item",
  ],
  yaml_key_alone: [
    "2:3: a key must stand on one line: is a colon missing?",
  ],
  yaml_merge_of_text: [
    "2:3: egress: << takes a mapping or a list of mappings",
  ],
  yaml_next_line_deeper: [
    "3:13: the next line is indented deeper than this key, so it goes on with this text; keys of one mapping begin in the same column",
  ],
  yaml_quote_open: [
    "4:1: a closing quote is missing",
  ],
  yaml_quotes_in_quotes: [
    "6:40: nothing may follow here: put the whole text into quotes, of the kind that it does not hold itself",
  ],
  yaml_tab: [
    "2:1: a tab can't indent; use spaces",
  ],
  yaml_tag: [
    "1:9: unknown tag",
  ],
  yaml_two_documents: [
    "2:1: a second document begins here; a configuration is one",
  ],
};

for (const [name, want] of Object.entries(MISTAKES)) {
  Deno.test(`config mistake: ${name.replaceAll("_", " ")}`, async () => {
    const text = await Deno.readTextFile(new URL(`${name}.yaml`, FIXTURES));
    const reading = readConfig(text, "bunny.yaml");
    assert.equal(reading.kind, "problems");
    assert.deepEqual(
      reading.problems.map((problem) => formatProblem(problem).replace(/^bunny\.yaml:\s?/, "")),
      want,
    );
  });
}

Deno.test("config mistakes: every fixture is in the table", () => {
  const files = [...Deno.readDirSync(FIXTURES)].map(({ name }) => name).filter((name) =>
    name.endsWith(".yaml")
  );
  assert.deepEqual(files.sort(), Object.keys(MISTAKES).map((name) => `${name}.yaml`).sort());
});

Deno.test("config mistakes: nothing is said that is a secret", async () => {
  for (const name of Object.keys(MISTAKES)) {
    const text = await Deno.readTextFile(new URL(`${name}.yaml`, FIXTURES));
    assert.doesNotMatch(JSON.stringify(readConfig(text, "bunny.yaml")), /s3cret/, name);
  }
});
