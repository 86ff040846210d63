import net from "node:net";
import * as v from "valibot";
import { quote } from "../base/text.ts";
import {
  about,
  check,
  type Clash,
  either,
  flag,
  type Found,
  holdsSecrets,
  keys,
  list,
  secret,
  someText,
  text,
  together,
} from "./leaf.ts";

/** Prometheus' classic names: what every tool and every older server can read. */
const METRIC_NAME = /^[A-Za-z_:][A-Za-z0-9_:]*$/;
const LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Labels that Bunny sets itself on one metric or another; users' own must not hide them. */
const RESERVED_LABELS: ReadonlySet<string> = new Set([
  "endpoint",
  "le",
  "phase",
  "probe",
  "reason",
  "result",
  "to",
  "type",
]);

function isMetricName(name: string): boolean {
  return METRIC_NAME.test(name);
}

/** What is wrong with a label's name, if anything. */
function labelNameProblem(name: string): string | undefined {
  if (!LABEL_NAME.test(name)) {
    return `a label's name is made of letters, digits and _, and starts with no digit: ${
      quote(name)
    } does not fit`;
  }
  if (name.startsWith("__")) return "names that start with __ belong to Prometheus";
  if (RESERVED_LABELS.has(name)) return "Bunny sets this label itself";
  return undefined;
}

const labelName = () =>
  v.pipe(
    text("the name of a label"),
    check<string>((name) => {
      const message = labelNameProblem(name);
      return message === undefined ? undefined : { message };
    }),
  );

/** A map from label names to values. */
export function labelMap() {
  return v.record(labelName(), text(), "a mapping of names to text");
}

const extraLabel = () =>
  keys({
    name: about(labelName(), "Name of the label."),
    value: about(text(), "Its value."),
  });

const metric = (description: string) =>
  about(
    v.pipe(
      keys({
        name: about(
          v.optional(text(), ""),
          "Name under which the metric is stored, scraped and pushed, exactly.",
        ),
        enabled: about(v.optional(flag(), false), "Whether the metric is kept."),
        extraLabels: about(v.optional(list(extraLabel()), []), "Labels that the metric gets besides."),
      }),
      together((found) => metricClashes(found)),
    ),
    description,
  );

/** A block that is switched off may be unfinished. */
function metricClashes({ enabled, name, extraLabels }: Found): Clash[] {
  if (enabled !== true) return [];
  const clashes: Clash[] = [];
  if (name === "" || name === undefined) clashes.push({ message: "a metric that is enabled needs a name" });
  else if (typeof name === "string" && !isMetricName(name)) {
    clashes.push({
      key: "name",
      message: `a metric's name is made of letters, digits, _ and :, and starts with no digit: ${
        quote(name)
      } does not fit`,
    });
  }
  const names = Array.isArray(extraLabels) ? extraLabels.map((label: Found | null) => label?.name) : [];
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated !== undefined) clashes.push({ key: "extraLabels", message: "a label is there twice" });
  return clashes;
}

/** `metrics` of a probe or of a health endpoint: what is counted, which of them are successes, and which one is timed. */
export function userMetrics(what: { counted: string; successes: string; timed: string }) {
  return keys({
    attempts: v.optional(metric(`Counter of ${what.counted}.`)),
    successes: v.optional(metric(`Counter of ${what.successes}.`)),
    responseTime: v.optional(metric(`Gauge: how long ${what.timed} took, in milliseconds.`)),
  });
}

/** A token as in RFC 9110, 5.6.2. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const headerValue = () =>
  v.pipe(
    text(),
    check<string>((value) => {
      const isBad = /[\x00-\x08\x0a-\x1f\x7f]/.test(value);
      return isBad
        ? { message: "a header's value can't hold line breaks or other control characters" }
        : undefined;
    }),
  );

/** Request headers, or gRPC metadata: a list of `{ name, value }`, where value is text or a list of texts. */
export function headers() {
  return holdsSecrets(list(holdsSecrets(keys({
    name: about(
      v.pipe(
        text("the name of a header"),
        check<string>((name) =>
          HEADER_NAME.test(name) ? undefined : { message: "this can't be the name of a header" }
        ),
      ),
      "Name of the header.",
    ),
    value: about(
      secret(
        either(
          { text: headerValue(), number: headerValue(), list: list(headerValue()) },
          "text or a list of texts",
        ),
      ),
      "Its value; a list sends the header once for each.",
    ),
  }))));
}

/** Environment of a command: a list of `{ name, value }`. */
export function environmentVariables() {
  return holdsSecrets(list(holdsSecrets(keys({
    name: about(
      v.pipe(
        someText("the name of a variable"),
        check<string>((name) =>
          /[=\0]/.test(name) ? { message: "a variable's name can't hold = or a NUL character" } : undefined
        ),
      ),
      "Name of the variable.",
    ),
    value: about(
      secret(v.optional(
        v.pipe(
          text(),
          check<string>((value) =>
            value.includes("\0") ? { message: "a variable's value can't hold a NUL character" } : undefined
          ),
        ),
        "",
      )),
      "Its value.",
    ),
  }))));
}

/** Paths of PEM files, and whether to verify. */
export function tls() {
  return v.pipe(
    keys({
      verify: about(
        v.optional(flag(), false),
        "Whether the target's certificate must be valid. Kubernetes' own probes don't ask.",
      ),
      ca: about(
        v.optional(someText()),
        "PEM file with the authorities that are trusted instead of the runtime's own.",
      ),
      cert: about(v.optional(someText()), "PEM file with the client's certificate; needs key."),
      key: about(v.optional(someText()), "PEM file with the client's private key; needs cert."),
      serverName: about(v.optional(someText()), "Name that is sent (SNI) and verified instead of the host."),
    }),
    together(({ cert, key }) => {
      if ((cert === undefined) === (key === undefined)) return [];
      return [{ key: cert === undefined ? "key" : "cert", message: "cert and key are needed together" }];
    }),
  );
}

export const DEFAULT_HOST = "localhost";

/** A host name or an address; "" is the default, as in the original. */
export function host() {
  return v.pipe(
    text("a host name or an IP address"),
    check<string>((host) => {
      const message = hostProblem(host);
      return message === undefined ? undefined : { message };
    }),
  );
}

function hostProblem(host: string): string | undefined {
  if (host.includes("://")) return "a host is a name or an address, without a scheme";
  if (/[/?#]/.test(host)) return "a host is a name or an address, without a path";
  const colons = host.split(":").length - 1;
  if (colons === 1 && !host.startsWith("[")) {
    return 'a host is a name or an address; the port has a key of its own, "port"';
  }
  if (/^\d[\d.]*$/.test(host) && !net.isIPv4(host)) {
    return "an IPv4 address is four numbers up to 255, without leading zeros";
  }
  // The zone of a link-local address is a network interface, which may be called what it likes.
  const address = host.replace(/^\[(.*)\]$/, "$1").replace(/^([^%]+)%[\w.-]+$/, "$1");
  const isAddress = net.isIPv6(address);
  const isName = /^[A-Za-z0-9._-]*$/.test(host) && host.length <= 253;
  return isAddress || isName ? undefined : "this is neither a host name nor an IP address";
}
