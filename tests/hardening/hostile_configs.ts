/** Configuration files that nobody writes by accident. Each fills about as many bytes as it is given. */
export interface HostileConfig {
  readonly name: string;
  /** @param bytes how large the file may become */
  make(bytes: number): string;
}

/** Pieces until the bytes are used up. */
function fill(bytes: number, piece: (i: number) => string, head = "", tail = ""): string {
  const parts = [head];
  for (let i = 0, left = bytes - head.length - tail.length;; i++) {
    const next = piece(i);
    left -= next.length;
    if (left < 0) break;
    parts.push(next);
  }
  return parts.join("") + tail;
}

function repeated(text: string, bytes: number): string {
  return text.repeat(Math.floor(bytes / text.length));
}

const PROBES = "egress:\n  probes:\n";
const HEALTH = "ingress:\n  httpServer:\n    health:\n";

function endpoints(bytes: number, query: (i: number) => string): string {
  return fill(bytes, (i) => `      - { path: p${i}, instantQuery: { query: '${query(i)}' } }\n`, HEALTH);
}

function laughs(levels: number, width: number): string {
  const list = (item: string) => `[${Array(width).fill(item).join(", ")}]`;
  return Array.from(
    { length: levels },
    (_, i) => `a${i}: &a${i} ${i === 0 ? list("ha") : list(`*a${i - 1}`)}`,
  ).join("\n");
}

/** Names that make an edit distance as dear as it gets. */
const longWord = (i: number) => `${"periodMillisecond".repeat(3)}${i}`.slice(0, 64);

const rows: Readonly<Record<string, HostileConfig["make"]>> = {
  // The forms of YAML.
  "one long line": (bytes) => repeated("x", bytes),
  "one long comment": (bytes) => `#${repeated("x", bytes - 1)}`,
  "comments": (bytes) => repeated("#\n", bytes),
  "comments below a key": (bytes) => `egress:\n${repeated("  # c\n", bytes - 8)}`,
  "comments in a list": (bytes) => `egress:\n  probes:\n    - name: a\n${repeated("    #\n", bytes - 40)}`,
  "blank lines": (bytes) => repeated("\n", bytes),
  "blank lines below a key": (bytes) => `egress:${repeated("\n", bytes - 7)}`,
  "blank lines in brackets": (bytes) => `egress: {${repeated("\n", bytes - 9)}}`,
  "comments in brackets": (bytes) => `egress: {\n${repeated("#\n", bytes - 11)}}`,
  "blanks": (bytes) => repeated(" ", bytes),
  "tabs": (bytes) => repeated("\t", bytes),
  "carriage returns": (bytes) => repeated("\r", bytes),
  "CRLF": (bytes) => fill(bytes, (i) => `k${i}: v\r\n`),
  "byte order marks": (bytes) => repeated("\ufeff", bytes / 3),
  "NUL": (bytes) => repeated("\0", bytes),
  "control characters": (bytes) => repeated("\x01\x02\x18\x1f\x7f", bytes),
  "control characters on lines": (bytes) => repeated("\x1f\n\x02\n\x18\n", bytes),
  "lone surrogates": (bytes) => repeated("a: \ud800\n", bytes / 2),
  "open brackets": (bytes) => repeated("[", bytes),
  "open braces": (bytes) => repeated("{", bytes),
  "open brackets with keys": (bytes) => repeated("{a: ", bytes),
  "brackets in and out": (bytes) => repeated("[]", bytes),
  "brackets on lines": (bytes) => repeated("[\n", bytes),
  "closing brackets": (bytes) => repeated("]", bytes),
  "commas": (bytes) => `[${repeated(",", bytes - 2)}]`,
  "a long list on one line": (bytes) => `[${repeated("a,", bytes - 2)}]`,
  "a long map on one line": (bytes) => fill(bytes, (i) => `k${i}: 1, `, "{", "}"),
  "a list of maps without values": (bytes) => `[${repeated("{},", bytes - 2)}]`,
  "dashes": (bytes) => repeated("- ", bytes),
  "question marks": (bytes) => repeated("? ", bytes),
  "colons": (bytes) => repeated(": ", bytes),
  "colons without blanks": (bytes) => repeated(":", bytes),
  "dashes on lines": (bytes) => repeated("-\n", bytes),
  "question marks on lines": (bytes) => repeated("?\n", bytes),
  "colons on lines": (bytes) => repeated(":\n", bytes),
  "growing indentation": (bytes) =>
    Array.from({ length: Math.floor(Math.sqrt(2 * bytes)) - 2 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")
      .slice(0, bytes),
  "growing dashes": (bytes) =>
    Array.from({ length: Math.floor(Math.sqrt(2 * bytes)) - 2 }, (_, i) => `${" ".repeat(i)}-`).join("\n")
      .slice(0, bytes),
  "long indentation": (bytes) => `a:\n${" ".repeat(bytes / 2)}b:\n${" ".repeat(bytes / 2 - 10)}c:`,
  "saw teeth": (bytes) => repeated("a:\n b:\n  c:\n   d:\n", bytes),
  "tags": (bytes) => repeated("!a ", bytes),
  "anchors": (bytes) => repeated("&a ", bytes),
  "tags on lines": (bytes) => fill(bytes, (i) => `k${i}: !t${i} v\n`),
  "known tags": (bytes) =>
    fill(
      bytes,
      (i) => `k${i}: ${["!!binary aGk=", "!!set {a, b}", "!!omap [a: 1]", "!!js/function f"][i % 4]}\n`,
    ),
  "anchors on lines": (bytes) => fill(bytes, (i) => `- &a${i} v\n`),
  "aliases on lines": (bytes) => fill(bytes, () => "- *a\n", "- &a v\n"),
  "aliases without anchors": (bytes) => fill(bytes, (i) => `- *a${i}\n`),
  "an anchor of great length": (bytes) => `&${repeated("a", bytes - 3)} x`,
  "a tag of great length": (bytes) => `!<${repeated("a", bytes - 5)}> x`,
  "a billion laughs": () => laughs(40, 9),
  "wide laughs": (bytes) => laughs(8, Math.floor(bytes / 40)),
  "merge keys": (bytes) => fill(bytes, (i) => `k${i}: { <<: *a }\n`, "a: &a { x: 1, y: 2 }\n"),
  "merged merges": (bytes) =>
    fill(bytes, (i) => `k${i}: &k${i} { <<: [*k${Math.max(0, i - 1)}, *k0], x${i}: 1 }\n`, "k: &k0 {}\n"),
  "merged wide maps": (bytes) =>
    `a: &a { ${fill(bytes / 2, (i) => `x${i}: 1, `)} }\n${
      fill(bytes / 2 - 100, (i) => `k${i}: { <<: *a }\n`)
    }`,
  "documents": (bytes) => repeated("---\n", bytes),
  "documents with text": (bytes) => repeated("--- a\n", bytes),
  "document ends": (bytes) => repeated("...\n", bytes),
  "directives": (bytes) => repeated("%YAML 1.2\n", bytes),
  "unknown directives": (bytes) => fill(bytes, (i) => `%D${i} x\n`),
  "tag directives": (bytes) => fill(bytes, (i) => `%TAG !t${i}! tag:x,${i}:\n`, "", "--- a"),
  "an open double quote": (bytes) => `a: "${repeated("x ", bytes - 4)}`,
  "an open single quote": (bytes) => `a: '${repeated("x\n ", bytes - 4)}`,
  "quotes": (bytes) => repeated('"', bytes),
  "single quotes": (bytes) => repeated("'", bytes),
  "quoted lines": (bytes) => repeated('"a" "b"\n', bytes),
  "escapes": (bytes) => `a: "${repeated("\\u0041", bytes - 10)}"`,
  "bad escapes": (bytes) => `a: "${repeated("\\q", bytes - 10)}"`,
  "folded lines in quotes": (bytes) => `a: "${repeated("\n  x", bytes - 10)}"`,
  "blank lines in quotes": (bytes) => `a: "${repeated("\n", bytes - 10)}"`,
  "blanks in quotes": (bytes) => `a: "${repeated(" ", bytes - 10)}\n"`,
  "a long literal block": (bytes) => `a: |\n${repeated("  x\n", bytes - 6)}`,
  "a long folded block": (bytes) => `a: >\n${repeated("  x\n\n", bytes - 6)}`,
  "blank lines in a block": (bytes) => `a: |+\n${repeated("\n", bytes - 6)}`,
  "blocks": (bytes) => fill(bytes, (i) => `k${i}: |\n  x\n`),
  "plain text on many lines": (bytes) => `a: x\n${repeated("  y\n", bytes - 6)}`,
  "plain text with blank lines": (bytes) => `a: x\n${repeated("\n", bytes - 12)}  y`,
  "bad plain text": (bytes) => repeated("@a\n", bytes),
  "a key of great length": (bytes) => `${repeated("k", bytes - 3)}: 1`,
  "a quoted key of great length": (bytes) => `? "${repeated("k", bytes - 8)}"\n: 1`,
  "keys of great length": (bytes) => fill(bytes, (i) => `${"k".repeat(1_000)}${i}: 1\n`),
  "keys that are maps": (bytes) => fill(bytes, (i) => `? {a: ${i}}\n: 1\n`),
  "keys that are lists": (bytes) => fill(bytes, (i) => `[a, ${i}]: 1\n`),
  "keys alone": (bytes) => fill(bytes, (i) => `k${i}:\n`),
  "keys nearly right": (bytes) =>
    fill(bytes, (i) => `${longWord(i)}: 1\n`, "egress:\n").replaceAll("\n", "\n  "),
  "the same key": (bytes) => repeated("egress:\n", bytes),
  "keys of JavaScript": (bytes) => repeated("__proto__: {}\nconstructor: 1\ntoString: 2\n", bytes),
  "numbers beyond limits": (bytes) => fill(bytes, (i) => `k${i}: ${"9".repeat(400)}e${"9".repeat(10)}\n`),
  "a number of great length": (bytes) => `egress:\n  periodMilliseconds: ${repeated("9", bytes - 40)}`,
  "hexadecimal of great length": (bytes) => `egress:\n  periodMilliseconds: 0x${repeated("f", bytes - 40)}`,
  "infinities": (bytes) => fill(bytes, (i) => `k${i}: ${[".inf", "-.inf", ".nan", "0x", "0o9"][i % 5]}\n`),
  // What a configuration is made of.
  "probes": (bytes) => fill(bytes, (i) => `    - { name: p${i}, grpc: { port: 1 } }\n`, PROBES),
  "probes in blocks": (bytes) =>
    fill(bytes, (i) => `    - name: p${i}\n      httpGet:\n        port: 80\n`, PROBES),
  "probes on one line": (bytes) =>
    fill(bytes, (i) => `{name: p${i}, exec: {command: [/x]}}, `, "egress: {probes: [", "]}"),
  "probes without all": (bytes) => `${PROBES}${repeated("    - {}\n", bytes - 20)}`,
  "probes that are nothing": (bytes) => `${PROBES}${repeated("    -\n", bytes - 20)}`,
  "probes that are text": (bytes) => `${PROBES}${repeated("    - x\n", bytes - 20)}`,
  "probes of one name": (bytes) =>
    `${PROBES}${repeated("    - { name: p, grpc: { port: 1 } }\n", bytes - 20)}`,
  "probes full of mistakes": (bytes) =>
    fill(
      bytes,
      (i) =>
        `    - { name: ${i}, httpGet: { port: x, host: "a b", path: "#", scheme: y, tls: 1 }, timeoutMilliseconds: -1, labels: { le: 1 } }\n`,
      PROBES,
    ),
  "probes by alias": (bytes) =>
    fill(bytes, () => "    - *p\n", `${PROBES}    - &p { name: p, grpc: { port: 1 } }\n`),
  "as many probes as there may be": () => PROBES + Array.from({ length: 500 }, (_, i) => probe(i)).join(""),
  "headers": (bytes) =>
    fill(
      bytes,
      (i) => `{ name: h${i}, value: v }, `,
      `${PROBES}    - { name: p, httpGet: { port: 1, httpHeaders: [ `,
      " ] } }",
    ),
  "header values": (bytes) =>
    `${PROBES}    - { name: p, httpGet: { port: 1, httpHeaders: [ { name: h, value: [ ${
      repeated("v, ", bytes - 120)
    } ] } ] } }`,
  "a header of great length": (bytes) =>
    `${PROBES}    - { name: p, httpGet: { port: 1, httpHeaders: [ { name: h, value: "${
      repeated("v", bytes - 120)
    }" } ] } }`,
  "statuses": (bytes) =>
    `${PROBES}    - { name: p, httpGet: { port: 1, expectedStatuses: [ ${
      repeated("200, ", bytes - 90)
    } ] } }`,
  "bad statuses": (bytes) =>
    `${PROBES}    - { name: p, httpGet: { port: 1, expectedStatuses: [ ${repeated("x, ", bytes - 90)} ] } }`,
  "steps": (bytes) =>
    fill(
      bytes,
      () => "        - receive: { regex: a, delimiter: b }\n",
      `${PROBES}    - name: p\n      tcpSocket:\n        port: 1\n        expect:\n`,
    ),
  "patterns": (bytes) =>
    fill(
      bytes,
      (i) => `        - receive: { regex: '${"(a|b)?c*".repeat(400)}${i}', delimiter: b }\n`,
      `${PROBES}    - name: p\n      tcpSocket:\n        port: 1\n        expect:\n`,
    ),
  "patterns with repetitions": (bytes) =>
    fill(
      bytes,
      (i) => `        - receive: { regex: 'a{900}${i}', delimiter: b }\n`,
      `${PROBES}    - name: p\n      tcpSocket:\n        port: 1\n        expect:\n`,
    ),
  "patterns with classes": (bytes) =>
    fill(
      bytes,
      (i) => `        - receive: { regex: '(?i)${"[^\\pL\\pN]".repeat(80)}${i}', delimiter: b }\n`,
      `${PROBES}    - name: p\n      tcpSocket:\n        port: 1\n        expect:\n`,
    ),
  "header patterns": (bytes) =>
    fill(
      bytes,
      (i) => `h${i}: '${"(a|b)?".repeat(20)}', `,
      `${PROBES}    - { name: p, httpGet: { port: 1, headers: { `,
      " } } }",
    ),
  "arguments": (bytes) =>
    `${PROBES}    - { name: p, exec: { command: [ /x, ${repeated("a, ", bytes - 70)} ] } }`,
  "environment": (bytes) =>
    fill(
      bytes,
      (i) => `{ name: A${i}, value: b }, `,
      `${PROBES}    - { name: p, exec: { command: [ /x ], env: [ `,
      " ] } }",
    ),
  "labels": (bytes) =>
    fill(bytes, (i) => `l${i}: v, `, `${PROBES}    - { name: p, grpc: { port: 1 }, labels: { `, " } }"),
  "bad labels": (bytes) =>
    fill(bytes, (i) => `__l${i}: v, `, `${PROBES}    - { name: p, grpc: { port: 1 }, labels: { `, " } }"),
  "extra labels": (bytes) =>
    fill(
      bytes,
      (i) => `{ name: l${i}, value: v }, `,
      `${PROBES}    - { name: p, grpc: { port: 1 }, metrics: { attempts: { enabled: true, name: a, extraLabels: [ `,
      " ] } } }",
    ),
  "metrics of one name": (bytes) =>
    fill(
      bytes,
      (i) => `    - { name: p${i}, grpc: { port: 1 }, metrics: { attempts: { enabled: true, name: a } } }\n`,
      PROBES,
    ),
  "endpoints": (bytes) => endpoints(bytes, () => "1"),
  "endpoints without all": (bytes) => `${HEALTH}${repeated("      - {}\n", bytes - 40)}`,
  "bad queries": (bytes) => endpoints(bytes, () => "sum("),
  "queries of the wrong type": (bytes) => endpoints(bytes, () => '"a"[5m]'),
  "queries of great length": (bytes) => endpoints(bytes, () => `${"1+".repeat(49_000)}1`),
  "queries of some length": (bytes) => endpoints(bytes, () => `${"a+".repeat(4_000)}a`),
  "deep queries": (bytes) => endpoints(bytes, () => `${"(".repeat(500)}1${")".repeat(500)}`),
  "queries too deep": (bytes) => endpoints(bytes, () => "(".repeat(40_000)),
  "queries of many selectors": (bytes) => endpoints(bytes, (i) => `${`{probe="x${i}"}+`.repeat(300)}1`),
  "queries of probes that are not": (bytes) =>
    endpoints(bytes, (i) => `probe_success{probe="${longWord(i)}"}`),
  "queries of many probes that are not": (bytes) =>
    fill(bytes / 4, probeOfLongName, PROBES) +
    endpoints(bytes / 2, (i) =>
      `probe_success{probe=~"${
        Array.from({ length: 300 }, (_, j) => longWord(i * 1e3 + j)).join("|")
      }"}`),
  "queries with patterns": (bytes) => endpoints(bytes, (i) => `{a=~"${"(a|b)?c*".repeat(400)}${i}"}`),
  "queries with many patterns": (bytes) => endpoints(bytes, (i) => `${`{a=~"(a|b)?c*${i}"}+`.repeat(300)}1`),
  "a query in a folded block": (bytes) =>
    `${HEALTH}      - path: a\n        instantQuery:\n          query: >\n${
      repeated("            1 +\n", Math.min(bytes - 120, 90_000))
    }`,
  "exporters": (bytes) =>
    `telemetry: { openTelemetry: { exporters: [ ${repeated("prometheus, ", bytes - 60)} ] } }`,
  "bad exporters": (bytes) =>
    `telemetry: { openTelemetry: { exporters: [ ${repeated("prometeus, ", bytes - 60)} ] } }`,
  "attributes": (bytes) =>
    fill(bytes, (i) => `a${i}: v, `, "telemetry: { openTelemetry: { resourceAttributes: { ", " } } }"),
  "a description of great length": (bytes) =>
    `${HEALTH}      - { path: a, instantQuery: { query: '1' }, description: "${
      repeated("d", bytes - 120)
    }" }`,
  "a path of great length": (bytes) =>
    `${HEALTH}      - { path: "${repeated("%41", bytes - 120)}", instantQuery: { query: '1' } }`,
  "a host of great length": (bytes) =>
    `${PROBES}    - { name: p, grpc: { port: 1, host: "${repeated("a:", bytes - 80)}" } }`,
  "a name of great length": (bytes) =>
    `${PROBES}    - { name: "${repeated("n", bytes - 80)}", grpc: { port: 1 } }`,
  "a duration of great length": (bytes) => `reload: { delay: "${repeated("1s", bytes - 40)}" }`,
  "a URL of great length": (bytes) =>
    `${HEALTH}      - { path: a, instantQuery: { query: '1' }, source: remote, remoteUrl: "http://${
      repeated("a/", bytes - 160)
    }" }`,
};

function probe(i: number): string {
  return `    - name: p${i}\n      httpGet: { host: 127.0.0.1, port: 9, path: /p${i} }\n      labels: { team: a, tier: b }\n`;
}

function probeOfLongName(i: number): string {
  return `    - { name: ${longWord(i)}, grpc: { port: 1 } }\n`;
}

export const HOSTILE_CONFIGS: readonly HostileConfig[] = Object.entries(rows).map(([name, make]) => ({
  name,
  make,
}));
