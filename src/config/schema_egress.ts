import * as v from "valibot";
import {
  about,
  check,
  type Clash,
  either,
  type Finding,
  flag,
  type Found,
  holdsSecrets,
  keys,
  list,
  oneOf,
  pattern,
  someText,
  text,
  together,
  wholeNumber,
} from "./leaf.ts";
import { isAbsolutePath } from "./environment.ts";
import { DAY_MS, HOUR_MS, MAX_PROBES, MAX_RECEIVE_BYTES, MIN_PERIOD_MS } from "./limits.ts";
import {
  DEFAULT_HOST,
  environmentVariables,
  headers,
  host,
  labelMap,
  tls,
  userMetrics,
} from "./schema_common.ts";

const port = () => about(wholeNumber(1, 65_535), "TCP port.");
const hostKey = () => about(v.optional(host(), DEFAULT_HOST), "Host name or IP address of the target.");
const initialDelay = () => wholeNumber(0, DAY_MS);
const period = () => wholeNumber(MIN_PERIOD_MS, DAY_MS);
const timeout = () => wholeNumber(1, HOUR_MS);

const adaptive = () =>
  about(
    keys({
      untilSuccessPeriodMilliseconds: about(v.optional(period()), "Period until the probe's first success."),
      onFailurePeriodMilliseconds: about(
        v.optional(period()),
        "Period after a change, until it has settled.",
      ),
    }),
    "Beat faster while there is something to find out.",
  );

/** In small letters too: the original took them. */
const schemeName = () => v.picklist(["HTTP", "HTTPS", "http", "https"], '"HTTP" or "HTTPS"');

/** One code, or a range of them. */
const statuses = () => {
  const words = 'a status code or a range such as "200-299"';
  return either({
    number: wholeNumber(100, 599),
    text: v.pipe(
      text(words),
      check<string>((text) => statusRange(text) ? undefined : { message: `expected ${words}` }),
    ),
  }, words);
};

/** Reads "200-299" or "204"; both ends inclusive. `undefined`: it is none. */
export function statusRange(text: string): { from: number; to: number } | undefined {
  const found = /^\s*(\d{3})\s*(?:-\s*(\d{3})\s*)?$/.exec(text);
  if (!found) return undefined;
  const from = Number(found[1]);
  const to = Number(found[2] ?? found[1]);
  return from >= 100 && from <= to && to <= 599 ? { from, to } : undefined;
}

const httpGet = () =>
  v.pipe(
    keys({
      host: hostKey(),
      port: port(),
      path: about(
        v.optional(v.pipe(text(), check<string>(httpPathProblem)), "/"),
        "Path, with a query if need be; a leading slash is added when missing.",
      ),
      scheme: about(
        v.optional(schemeName(), "HTTP"),
        "HTTP or HTTPS. Certificates are not verified unless tls.verify says so.",
      ),
      httpHeaders: about(v.optional(headers(), []), "Headers of the request."),
      headersFromFile: about(
        v.optional(someText()),
        "File of `Name: value` lines, sent as headers and read again when it changes: for tokens.",
      ),
      method: about(v.optional(oneOf("GET", "HEAD", "POST", "OPTIONS"), "GET"), "Method of the request."),
      protocol: about(
        v.optional(oneOf("http1", "h2c"), "http1"),
        "http1, or h2c: HTTP/2 in the clear, without an upgrade.",
      ),
      expectedStatuses: about(
        v.optional(v.pipe(list(statuses()), v.nonEmpty("a list that is not empty")), ["200-399"]),
        "Status codes, and ranges of them, that are a success.",
      ),
      body: v.optional(about(
        v.pipe(
          keys({
            matches: about(v.optional(pattern()), "RE2 pattern that the body must contain."),
            notMatches: about(v.optional(pattern()), "RE2 pattern that the body must not contain."),
          }),
          together(({ matches, notMatches }) =>
            matches === undefined && notMatches === undefined
              ? [{ message: "give matches, notMatches or both" }]
              : []
          ),
        ),
        "What the first 10 KiB of the body must look like.",
      )),
      headers: about(
        v.optional(
          v.record(someText("the name of a header"), pattern(), "a mapping of header names to patterns"),
          {},
        ),
        "RE2 pattern, by name of a response header, that one of its values must contain.",
      ),
      followRedirects: about(v.optional(flag(), true), "Whether redirects to the same host are followed."),
      tls: v.optional(about(tls(), "How HTTPS is spoken.")),
    }),
    together(httpClashes),
  );

function httpPathProblem(path: string): Finding | undefined {
  if (/[\x00-\x20\x7f]/.test(path)) {
    return { message: "a path can't hold blanks or control characters; write %20" };
  }
  if (path.includes("#")) return { message: "a path has no #fragment" };
  return undefined;
}

function httpClashes({ protocol, scheme, tls, body, method }: Found): Clash[] {
  const clashes: Clash[] = [];
  const isHttps = typeof scheme === "string" && scheme.toUpperCase() === "HTTPS";
  if (protocol === "h2c" && isHttps) {
    clashes.push({ key: "protocol", message: "h2c is HTTP/2 without TLS: it goes with scheme HTTP only" });
  }
  if (tls !== undefined && !isHttps) clashes.push({ key: "tls", message: "tls needs scheme HTTPS" });
  if (body !== undefined && method === "HEAD") {
    clashes.push({ key: "body", message: "the answer to HEAD has no body to look at" });
  }
  return clashes;
}

const grpc = () =>
  keys({
    host: hostKey(),
    port: port(),
    service: about(v.optional(text(), ""), "Name of the service to ask about; empty: the server as a whole."),
    metadata: about(v.optional(headers(), []), "Metadata of the call."),
    tls: v.optional(about(tls(), "Speak TLS. Without this key the call goes in the clear.")),
  });

const delimiter = () => about(text(), "What ends the message, such as a line break; of any length.");

const expectStep = () =>
  v.pipe(
    keys({
      send: v.optional(about(
        keys({ text: about(text(), "What is sent."), delimiter: delimiter() }),
        "Send text, then the delimiter.",
      )),
      receive: v.optional(about(
        keys({
          regex: about(pattern(), "RE2 pattern that what came before the delimiter must contain."),
          delimiter: v.pipe(delimiter(), v.nonEmpty("text that is not empty")),
          maxBytes: about(
            v.optional(wholeNumber(1, MAX_RECEIVE_BYTES), 65_536),
            "Bytes without a delimiter after which the step fails.",
          ),
          not: about(v.optional(flag(), false), "Whether the step passes when the pattern is not found."),
        }),
        "Read up to the delimiter and match what came before it.",
      )),
    }),
    together(({ send, receive }) => {
      if ((send === undefined) !== (receive === undefined)) return [];
      const found = send === undefined ? "neither" : "both";
      return [{
        key: send === undefined ? undefined : "receive",
        message: `a step is either send or receive, found ${found}`,
      }];
    }),
  );

const tcpSocket = () =>
  v.pipe(
    keys({
      host: v.optional(
        about(host(), `Host name or IP address of the target; "${DEFAULT_HOST}" without one.`),
      ),
      service: v.optional(about(host(), "The same as host: the original's key for it. Deprecated.")),
      port: port(),
      expect: about(v.optional(list(expectStep()), []), "Conversation to hold once connected; empty: none."),
      tls: v.optional(about(tls(), "Speak TLS. Without this key the connection is in the clear.")),
    }),
    together(({ host, service }) =>
      host !== undefined && service !== undefined && host !== service
        ? [{ key: "service", message: "service is an old name of host: give host alone" }]
        : []
    ),
  );

const exec = () =>
  keys({
    command: about(
      v.pipe(
        holdsSecrets(list(text())),
        check<string[]>((command) => {
          if (command.length === 0) return { message: "a command has at least the path of a program" };
          if (!isAbsolutePath(command[0])) {
            return { message: "the program must be an absolute path: no shell looks for it" };
          }
          return command.some((part) => part.includes("\0"))
            ? { message: "no NUL characters here" }
            : undefined;
        }),
      ),
      "Absolute path of a program, then its arguments. No shell.",
    ),
    env: about(
      v.optional(environmentVariables(), []),
      "Environment of the command: this, and nothing of Bunny's.",
    ),
  });

const ACTIONS = ["httpGet", "grpc", "tcpSocket", "exec"] as const;

const probe = () =>
  v.pipe(
    keys({
      name: about(someText(), "Unique name: the value of the label `probe`."),
      httpGet: v.optional(about(httpGet(), "Ask over HTTP.")),
      grpc: v.optional(about(grpc(), "Ask the standard health service over gRPC.")),
      tcpSocket: v.optional(about(tcpSocket(), "Connect over TCP, and converse.")),
      exec: v.optional(about(exec(), "Run a command.")),
      metrics: about(
        v.optional(
          userMetrics({ counted: "attempts", successes: "those that succeeded", timed: "the last success" }),
          {},
        ),
        "Metrics under names of your own.",
      ),
      initialDelayMilliseconds: v.optional(
        about(initialDelay(), "Overrides egress.initialDelayMilliseconds."),
      ),
      periodMilliseconds: v.optional(about(period(), "Overrides egress.periodMilliseconds.")),
      timeoutMilliseconds: v.optional(about(timeout(), "Overrides egress.timeoutMilliseconds.")),
      labels: about(v.optional(labelMap(), {}), "Labels of all the probe's series."),
      adaptive: v.optional(about(adaptive(), "Overrides egress.adaptive; {} switches it off.")),
    }),
    together((found) => {
      const given = ACTIONS.filter((action) => found[action] !== undefined);
      if (given.length === 1) return [];
      const what = given.length === 0 ? "none" : given.join(" and ");
      return [{ key: given[1], message: `a probe has exactly one of ${ACTIONS.join(", ")}, found ${what}` }];
    }),
  );

export const egressSchema = keys({
  initialDelayMilliseconds: about(
    v.optional(initialDelay(), 0),
    "Wait after a configuration is applied before the first beat.",
  ),
  periodMilliseconds: about(v.optional(period(), 1_000), "Time between beats."),
  timeoutMilliseconds: about(
    v.optional(timeout(), 1_000),
    "Limit of one probe. When longer than the period, a beat that finds the last one running is skipped.",
  ),
  adaptive: v.optional(adaptive()),
  probes: about(
    v.optional(list(probe(), MAX_PROBES), []),
    "The probes.",
  ),
});

export type EgressInput = v.InferOutput<typeof egressSchema>;
export type ProbeInput = EgressInput["probes"][number];
