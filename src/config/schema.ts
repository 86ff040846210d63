/**
 * The configuration file, key by key: names, types, bounds and defaults. What a key means is told in its description,
 * which editors show; what the values become is told in config.ts.
 */
import * as v from "valibot";
import { EXPORTERS } from "./config.ts";
import {
  about,
  check,
  duration,
  keys,
  list,
  oneOf,
  pattern,
  share,
  text,
  textThat,
  together,
  wholeNumber,
} from "./leaf.ts";
import { DAY_MS, HOUR_MS, YEAR_MS } from "./limits.ts";
import { egressSchema } from "./schema_egress.ts";
import { ingressSchema } from "./schema_ingress.ts";

const signals = keys({
  watchedProcessCommandLineRegEx: v.optional(about(
    v.pipe(
      pattern(),
      check<string>((source) =>
        source === ""
          ? { message: "an empty pattern matches every process; leave the key out to watch none" }
          : undefined
      ),
    ),
    "RE2 pattern, found in command lines: when told to stop, Bunny goes on until no such process is left.",
  )),
  shutdownTimeoutMilliseconds: about(
    v.optional(wholeNumber(0, HOUR_MS), 10_000),
    "Limit of the stop itself, which begins when no watched process is left.",
  ),
});

const openTelemetry = keys({
  exporters: about(
    v.optional(list(oneOf(...EXPORTERS)), []),
    "Where metrics and traces go. The OTEL_* variables of the environment configure them.",
  ),
  traces: about(
    v.optional(
      keys({
        successRatio: about(
          v.optional(share(), 1),
          "Share of the successful probes that are traced; failed ones always are.",
        ),
      }),
      {},
    ),
    "What is traced.",
  ),
  resourceAttributes: about(
    v.optional(
      v.record(
        textThat((name) => name !== "" && name.length <= 255, "the name of an attribute"),
        text(),
        "a mapping of names to text",
      ),
      {},
    ),
    "Attributes of the OpenTelemetry resource, beside those of OTEL_RESOURCE_ATTRIBUTES, which win.",
  ),
});

const blockMs = () => wholeNumber(1_000, YEAR_MS);

const tsdbOptions = v.pipe(
  keys({
    retentionDurationMilliseconds: about(v.optional(blockMs(), HOUR_MS), "How long samples are kept."),
    retentionSizeBytes: v.optional(about(
      wholeNumber(1_048_576, Number.MAX_SAFE_INTEGER),
      "How many bytes may be kept, write-ahead log and all; the oldest go first.",
    )),
    minBlockDurationMilliseconds: about(v.optional(blockMs(), 300_000), "Time that one new block spans."),
    maxBlockDurationMilliseconds: about(
      v.optional(blockMs(), 900_000),
      "Time that a compacted block may span.",
    ),
  }),
  together(({ minBlockDurationMilliseconds: min, maxBlockDurationMilliseconds: max }) =>
    typeof min === "number" && typeof max === "number" && min > max
      ? [{
        key: "minBlockDurationMilliseconds",
        message: "must not be longer than maxBlockDurationMilliseconds",
      }]
      : []
  ),
);

const promql = keys({
  maxConcurrentQueries: about(v.optional(wholeNumber(1, 10_000), 20), "Queries at a time; more wait."),
  engineOptions: about(
    v.optional(
      keys({
        maxSamples: about(
          v.optional(wholeNumber(1, 1_000_000_000), 5_000_000),
          "Samples that one query may hold in memory.",
        ),
        timeoutMilliseconds: about(v.optional(wholeNumber(1, HOUR_MS), 10_000), "Limit of one query."),
        lookbackDeltaMilliseconds: v.optional(about(
          wholeNumber(1, YEAR_MS),
          "How far back a selector looks for a sample. Default: three times the slowest probe's period, at least 5 s.",
        )),
        noStepSubqueryIntervalMilliseconds: about(
          v.optional(wholeNumber(1, DAY_MS), 1_000),
          "Step of a subquery that gives none.",
        ),
      }),
      {},
    ),
    "Limits and habits of the query engine.",
  ),
});

const telemetry = keys({
  openTelemetry: about(v.optional(openTelemetry, {}), "OpenTelemetry."),
  prometheus: about(
    v.optional(
      keys({
        tsdbPath: about(
          v.optional(text("the path of a directory"), ""),
          "Directory of the samples, in Prometheus' own format; empty: in memory only.",
        ),
        tsdbOptions: about(v.optional(tsdbOptions, {}), "How much is kept."),
        promql: about(v.optional(promql, {}), "Queries."),
      }),
      {},
    ),
    "The embedded store and its queries.",
  ),
});

const reload = keys({
  delay: about(
    v.optional(duration(0, DAY_MS, "from 0 to 24h"), "0s"),
    "Wait before a changed file is applied.",
  ),
  jitter: about(
    v.optional(duration(0, DAY_MS, "from 0 to 24h"), "0s"),
    "At most this much more, by chance, so that a fleet does not turn all at once.",
  ),
});

export const configSchema = keys({
  egress: about(v.optional(egressSchema, {}), "What goes out: the probes."),
  ingress: about(v.optional(ingressSchema, {}), "What comes in: the HTTP server and its health endpoints."),
  signals: about(v.optional(signals, {}), "How Bunny stops."),
  telemetry: about(v.optional(telemetry, {}), "Samples, queries, metrics and traces."),
  reload: about(v.optional(reload, {}), "How a changed file is applied."),
});

/** A file that passed the schema, defaults filled in. */
export type ConfigInput = v.InferOutput<typeof configSchema>;
