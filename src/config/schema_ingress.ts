import * as v from "valibot";
import { parseGoDuration } from "../base/duration.ts";
import { isBlockedPort } from "./blocked_ports.ts";
import {
  about,
  check,
  type Clash,
  costly,
  duration,
  either,
  type Finding,
  flag,
  type Found,
  keys,
  list,
  oneOf,
  text,
  together,
  wholeNumber,
} from "./leaf.ts";
import { DAY_MS, HOUR_MS, MAX_HEALTH_ENDPOINTS, MAX_RANGE_STEPS, YEAR_MS } from "./limits.ts";
import { userMetrics } from "./schema_common.ts";

const query = (kind: "instant" | "range") => about(costly(kind, "a PromQL expression"), "PromQL.");

const queryTimeout = () =>
  about(
    v.optional(duration(1, HOUR_MS, "from 1ms to 1h"), "1s"),
    "Limit of one evaluation. The kubelet itself waits one second unless told otherwise.",
  );

const relativeTime = () => duration(-YEAR_MS, YEAR_MS, "of at most a year");

const instantQuery = () =>
  keys({
    timeout: queryTimeout(),
    relativeInstantTime: about(
      v.optional(relativeTime(), "0s"),
      'When to evaluate, relative to now: "-5s" is five seconds ago.',
    ),
    query: query("instant"),
  });

const rangeQuery = () =>
  v.pipe(
    keys({
      timeout: queryTimeout(),
      relativeStartTime: about(relativeTime(), "First step, relative to now."),
      relativeEndTime: about(v.optional(relativeTime(), "0s"), "Last step, relative to now."),
      interval: about(duration(1, YEAR_MS, "from 1ms"), "From step to step."),
      query: query("range"),
    }),
    together(rangeClashes),
  );

function rangeClashes({ relativeStartTime, relativeEndTime, interval }: Found): Clash[] {
  const [startMs, endMs, stepMs] = [relativeStartTime, relativeEndTime, interval]
    .map((text) => typeof text === "string" ? parseGoDuration(text) : undefined);
  if (startMs === undefined || endMs === undefined) return [];
  if (startMs >= endMs) {
    return [{ key: "relativeStartTime", message: "the range must start before it ends (relativeEndTime)" }];
  }
  if (stepMs === undefined || stepMs < 1) return [];
  const steps = Math.floor((endMs - startMs) / Math.trunc(stepMs)) + 1; // the engine's are whole milliseconds
  if (steps <= MAX_RANGE_STEPS) return [];
  return [{
    key: "interval",
    message: `the range has ${steps} steps of this length; at most ${MAX_RANGE_STEPS} are allowed`,
  }];
}

const forMilliseconds = () => {
  const time = () => wholeNumber(0, DAY_MS);
  return either({
    number: time(),
    map: keys({
      healthy: about(v.optional(time(), 0), "Before a change to healthy."),
      unhealthy: about(v.optional(time(), 0), "Before a change to unhealthy."),
    }),
  }, "a number of milliseconds, or a mapping with healthy and unhealthy");
};

/** No user and password: they would be in every log of a request. */
const URL_WORDS = "the plain URL of a Prometheus-compatible server, such as http://prometheus:9090";

const health = () =>
  v.pipe(
    keys({
      path: about(v.pipe(text("a path"), check<string>(pathProblem)), "Path of the endpoint."),
      instantQuery: v.optional(about(instantQuery(), "Evaluate at one instant.")),
      rangeQuery: v.optional(
        about(rangeQuery(), "Evaluate at every step of a range: all of them must be healthy."),
      ),
      metrics: about(
        v.optional(
          userMetrics({
            counted: "evaluations",
            successes: "healthy verdicts",
            timed: "the last evaluation",
          }),
          {},
        ),
        "Metrics under names of your own.",
      ),
      whenEmpty: about(
        v.optional(oneOf("unhealthy", "healthy"), "unhealthy"),
        "Verdict when the query finds nothing.",
      ),
      forMilliseconds: about(
        v.optional(forMilliseconds(), 0),
        "How long the query must have said so before the verdict changes.",
      ),
      initial: about(
        v.optional(oneOf("unhealthy", "healthy"), "unhealthy"),
        "Verdict until there is an answer.",
      ),
      source: about(v.optional(oneOf("local", "remote"), "local"), "Whose samples are asked."),
      remoteUrl: v.optional(about(
        v.pipe(
          text(URL_WORDS),
          check<string>(serverUrlProblem),
        ),
        "Where the query goes when source is remote.",
      )),
      description: about(
        v.optional(v.pipe(text(), v.maxLength(1_000, "at most 1000 characters")), ""),
        "For people.",
      ),
    }),
    together(healthClashes),
  );

function healthClashes({ instantQuery, rangeQuery, source, remoteUrl }: Found): Clash[] {
  const clashes: Clash[] = [];
  if ((instantQuery === undefined) === (rangeQuery === undefined)) {
    const found = instantQuery === undefined ? "neither" : "both";
    clashes.push({
      key: instantQuery === undefined ? undefined : "rangeQuery",
      message: `a health endpoint has exactly one of instantQuery, rangeQuery, found ${found}`,
    });
  }
  if (source === "remote" && remoteUrl === undefined) {
    clashes.push({ key: "source", message: "source remote needs remoteUrl" });
  }
  if (source !== "remote" && remoteUrl !== undefined) {
    clashes.push({ key: "remoteUrl", message: "remoteUrl needs source remote" });
  }
  return clashes;
}

function serverUrlProblem(text: string): Finding | undefined {
  const url = URL.parse(text);
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username === "" &&
    url.password === "" && url.search === "" && url.hash === "";
  if (!isPlain) return { message: `this is not ${URL_WORDS}` };
  if (url.port === "" || !isBlockedPort(Number(url.port))) return undefined; // "": the scheme's own
  return {
    message: `port ${url.port} can't be asked: the Fetch standard blocks it, for it is another protocol's`,
  };
}

/** Paths are compared with what a request's URL holds, letter by letter. */
function pathProblem(path: string): Finding | undefined {
  const segments = path.replace(/^\//, "").split("/");
  if (segments.every((segment) => segment === "")) return { message: "a path must not be empty" };
  if (!/^[A-Za-z0-9/._~!$&'()*+,;=:@%-]*$/.test(path)) {
    return { message: "a path is made of what a URL's path may hold: no blanks, no ?, no #" };
  }
  if (segments.slice(0, -1).includes("") || segments.some((segment) => segment === "." || segment === "..")) {
    return { message: "a path has no empty segments, and none that is . or .." };
  }
  return isDecodable(path) ? undefined : { message: "% must begin an escape of UTF-8, such as %20" };
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

const scrapePath = (fallback: string, description: string) =>
  about(
    v.optional(
      v.pipe(text("a path"), check<string>((path) => path === "" ? undefined : pathProblem(path))),
      fallback,
    ),
    description,
  );

/** A time-out of the HTTP server; 0 is Go's "none", which is taken as the longest there is. */
const serverTimeout = (fallbackMs: number, description: string) =>
  about(v.optional(wholeNumber(0, HOUR_MS), fallbackMs), `${description} 0: as long as it can be, one hour.`);

export const ingressSchema = keys({
  httpServer: about(
    v.optional(
      keys({
        port: about(
          v.optional(wholeNumber(0, 65_535), 1_312),
          "TCP port to listen on; 0: any free one, for tests.",
        ),
        healthPort: v.optional(about(
          wholeNumber(0, 65_535),
          "One more TCP port that answers with verdicts and nothing else; 0: any free one, for tests. None unless given.",
        )),
        host: about(
          v.optional(v.pipe(text("an address"), v.nonEmpty("an address")), "0.0.0.0"),
          'Address to listen on; "::" for IPv6 and IPv4.',
        ),
        readTimeoutMilliseconds: serverTimeout(5_000, "Limit for reading a whole request."),
        readHeaderTimeoutMilliseconds: serverTimeout(5_000, "Limit for reading a request's head."),
        writeTimeoutMilliseconds: serverTimeout(
          10_000,
          "Limit for an answer to begin, from the end of the request's head, and again for its client to take it.",
        ),
        idleTimeoutMilliseconds: serverTimeout(2_000, "How long a connection may wait for its next request."),
        maxHeaderBytes: about(v.optional(wholeNumber(512, 1_048_576), 10_000), "Largest head of a request."),
        maxConnections: about(
          v.optional(wholeNumber(1, 100_000)),
          "Connections at a time, on each port; default: 1000, and 200 where there is a healthPort.",
        ),
        openTelemetryMetricsPath: scrapePath(
          "otel-metrics",
          "Path of the scrape page with the metrics of probes and endpoints; empty: none.",
        ),
        prometheusMetricsPath: scrapePath(
          "prom-metrics",
          "Path of the scrape page with the metrics of Bunny's own insides; empty: none.",
        ),
        api: about(v.optional(flag(), true), "Whether Prometheus' query API is offered below /api/v1."),
        statusPage: about(v.optional(flag(), true), "Whether / shows a page for people."),
        health: about(
          v.optional(
            list(health(), MAX_HEALTH_ENDPOINTS),
            [],
          ),
          "The endpoints whose answers are verdicts.",
        ),
      }),
      {},
    ),
    "The server: its port, or ports, and what is answered there.",
  ),
});

export type HealthInput = v.InferOutput<typeof ingressSchema>["httpServer"]["health"][number];
