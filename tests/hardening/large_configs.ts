/** Configurations that are as large as they may be in one way or another, and good. */

/** Items to be added to a file's lists, one line each. */
export interface LargeConfig {
  readonly name: string;
  readonly probes: readonly string[];
  readonly endpoints: readonly string[];
}

/** Never beats: it is the size that counts. */
const RARELY = "periodMilliseconds: 86400000, initialDelayMilliseconds: 86400000";

function probes(count: number, action: (i: number) => string): string[] {
  return Array.from({ length: count }, (_, i) => `- { name: q${i}, ${action(i)}, ${RARELY} }`);
}

function endpoints(count: number, query: (i: number) => string): string[] {
  return Array.from({ length: count }, (_, i) => `- { path: e${i}, instantQuery: { query: '${query(i)}' } }`);
}

const grpc = () => "grpc: { host: 127.0.0.1, port: 9 }";

export const LARGE_CONFIGS: readonly LargeConfig[] = [
  {
    name: "probes and endpoints",
    probes: probes(490, grpc),
    endpoints: endpoints(490, (i) => `probe_success{probe="q${i}"}`),
  },
  {
    name: "patterns",
    probes: probes(
      25,
      (i) =>
        `tcpSocket: { port: 9, expect: [ { receive: { regex: '${
          "(a|b)?c*".repeat(140)
        }${i}', delimiter: x } } ] }`,
    ),
    endpoints: [],
  },
  {
    name: "queries",
    probes: [],
    endpoints: endpoints(15, (i) => Array(8).fill(`(${`a${i}+`.repeat(120)}a)`).join("+")),
  },
  {
    name: "queries with patterns",
    probes: [],
    endpoints: endpoints(25, (i) => `${Array.from({ length: 36 }, (_, j) => `{a=~"x${i}y${j}"}`).join("+")}`),
  },
  {
    name: "labels",
    probes: probes(
      55,
      (i) => `${grpc()}, labels: { ${Array.from({ length: 99 }, (_, j) => `l${j}: v${i}`).join(", ")} }`,
    ),
    endpoints: [],
  },
  {
    name: "metrics",
    probes: probes(
      300,
      (i) =>
        `${grpc()}, metrics: { attempts: { enabled: true, name: m${i}, extraLabels: [ { name: a, value: "${
          "v".repeat(400)
        }" } ] } }`,
    ),
    endpoints: [],
  },
];

/** A configuration of two block lists, probes before endpoints, with more of both. */
export function enlarged(own: string, { probes, endpoints }: LargeConfig): string {
  const [before, after] = own.split(/(?=^ingress:)/m);
  const more = (text: string, items: readonly string[], indent: number) =>
    [text.trimEnd(), ...items.map((item) => " ".repeat(indent) + item), ""].join("\n");
  return more(before, probes, 4) + more(after, endpoints, 6);
}
