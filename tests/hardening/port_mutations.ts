import type { Random } from "../support/random.ts";
import { HOSTILE_REQUESTS } from "./hostile_requests.ts";
import { bytesOf } from "./raw_client.ts";

const HEAD = "Host: bunny\r\nConnection: close\r\n";
const FORM = "Content-Type: application/x-www-form-urlencoded\r\n";

function post(path: string, body: string): string {
  return `POST /${path} HTTP/1.1\r\n${HEAD}${FORM}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** Requests that make sense: what is done to them is more interesting than noise. */
const SEEDS: readonly string[] = [
  ...[
    "ready",
    "ready?verbose",
    "",
    "-/status",
    "-/healthy",
    "otel-metrics",
    "prom-metrics",
    "api/v1/query?query=avg_over_time(probe_success[10s])",
    "api/v1/query?query=%7B__name__%3D~%22.%2B%22%7D&time=1700000000&timeout=1s&stats=all",
    "api/v1/query_range?query=probe_success&start=1700000000&end=1700000600&step=15s",
    "api/v1/labels?match[]=probe_success&limit=3",
    "api/v1/label/probe/values?start=0&end=2000000000",
    "api/v1/label/U__a_2e_b/values",
    "api/v1/series?match[]=%7Bprobe=%22p1%22%7D",
    "api/v1/status/tsdb",
    "api/v1/status/config",
    "api/v1/targets?state=any",
    "api/v1/metadata?metric=probe_success&limit=1",
    "api/v1/parse_query?query=sum%20by(a)(b)",
    "api/v1/query_exemplars?query=a",
  ].map((path) => `GET /${path} HTTP/1.1\r\n${HEAD}\r\n`),
  post("api/v1/query", "query=1%2B1&time=1.5"),
  post("api/v1/query_range", "query=probe_success&start=0&end=60&step=1"),
  post("api/v1/series", "match[]=up&match[]=%7Ba%3D~%22b.*%22%7D"),
  `POST /api/v1/query HTTP/1.1\r\n${HEAD}${FORM}Transfer-Encoding: chunked\r\n\r\n7\r\nquery=1\r\n0\r\n\r\n`,
  ...HOSTILE_REQUESTS.map(({ sent }) => sent).filter((sent) => sent.length > 0 && sent.length < 2_000),
];

const TOKENS: readonly string[] = [
  "\r\n",
  "\n",
  "\r",
  "\r\n\r\n",
  "\0",
  "\xff",
  " ",
  "\t",
  ":",
  "%",
  "%ff",
  "%00",
  "?",
  "&",
  "#",
  "/",
  "//",
  "..",
  "HTTP/1.1",
  "HTTP/1.0",
  "Content-Length: 5\r\n",
  "Content-Length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: gzip\r\n",
  "Connection: keep-alive\r\n",
  "Connection: upgrade\r\n",
  "Expect: 100-continue\r\n",
  "Host: a\r\n",
  "Upgrade: h2c\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "query=",
  "match[]=",
  '{a=~"(b|c)*"}',
  "[5m:1s]",
  "limit=-1",
  "start=NaN",
  "end=1e999",
  "step=0",
  "timeout=1y",
  "0\r\n\r\n",
  "ffffffff\r\n",
];

/** A request with a few things done to it. One character a byte. */
export function mutated(random: Random): string {
  let text = random.pick(SEEDS);
  for (let edits = random.below(5); edits > 0; edits--) {
    const at = random.below(text.length + 1);
    const length = random.below(random.chance(0.2) ? 200 : 8);
    switch (random.below(6)) {
      case 0:
        text = text.slice(0, at) + random.pick(TOKENS) + text.slice(at);
        break;
      case 1:
        text = text.slice(0, at) + text.slice(at + length);
        break;
      case 2:
        text = text.slice(0, at) + text.slice(at, at + length).repeat(1 + random.below(20)) + text.slice(at);
        break;
      case 3:
        text = text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
        break;
      case 4: {
        const other = random.pick(SEEDS);
        text = text.slice(0, at) + other.slice(random.below(other.length));
        break;
      }
      case 5:
        text = text.slice(0, at) + noise(random, length) + text.slice(at);
    }
  }
  return text.slice(0, 100_000);
}

function noise(random: Random, length: number): string {
  return Array.from({ length }, () => String.fromCharCode(random.below(256))).join("");
}

/** The same bytes in a few parts, as a network may bring them. */
export function inParts(random: Random, text: string): Uint8Array[] {
  const cuts = Array.from({ length: random.below(4) }, () => random.below(text.length + 1)).sort((a, b) =>
    a - b
  );
  return [0, ...cuts].map((from, i) => bytesOf(text.slice(from, cuts[i] ?? text.length)));
}

/** @returns what is wrong with everything that came back on one connection, if anything is */
export function flawOf(reply: string): string | undefined {
  let rest = reply;
  while (rest !== "") {
    const head = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(rest);
    if (!head) return /^HTTP\/1\.1 \d{3}/.test(rest) ? undefined : "bytes that are no answer"; // cut off in a head
    const status = Number(head[1]);
    rest = rest.slice(head[0].length);
    if (status === 500 && !rest.startsWith("unhealthy\n")) return "status 500"; // a mistake of ours
    const length = /\r\nContent-Length: (\d+)\r\n/i.exec(head[0])?.[1];
    const isChunked = /\r\nTransfer-Encoding: chunked\r\n/i.test(head[0]);
    if (status < 200 || rest.startsWith("HTTP/1.1 ")) continue; // interim, or to a HEAD
    if (isChunked) {
      const end = rest.indexOf("0\r\n\r\n");
      if (end < 0) return undefined; // cut off when the client left
      rest = rest.slice(end + 5);
    } else rest = length === undefined ? "" : rest.slice(Number(length));
  }
  return undefined;
}
