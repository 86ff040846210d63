interface TenProbes {
  readonly port: number;
  /** Port of what is probed, on the loopback. */
  readonly target: number;
  /** Of the verdict `ready`. */
  readonly query: string;
  /** How the probes' names begin. Default `p`. */
  readonly prefix?: string;
  /** Lines of `telemetry`. */
  readonly telemetry?: readonly string[];
}

/** A configuration with ten HTTP probes ten times a second and one verdict. */
export function tenProbes({ port, target, query, prefix = "p", telemetry = [] }: TenProbes): string {
  const probes = Array.from(
    { length: 10 },
    (_, i) => `    - { name: ${prefix}${i}, httpGet: { host: 127.0.0.1, port: ${target} } }`,
  );
  return [
    "egress:",
    "  periodMilliseconds: 100",
    "  probes:",
    ...probes,
    "ingress:",
    "  httpServer:",
    "    host: 127.0.0.1",
    `    port: ${port}`,
    "    health:",
    `      - { path: ready, instantQuery: { query: '${query}' } }`,
    ...telemetry.length > 0 ? ["telemetry:", ...telemetry] : [],
  ].join("\n");
}
