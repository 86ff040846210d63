/** A configuration for clumsy_bunny.ts: HTTP probes of `target`, each of a path with its name, and the verdict `ready`. */
export function clumsyConfig(port: number, target: number, tsdbPath: string, probes = ["alpha"]): string {
  return `
egress:
  periodMilliseconds: 50
  probes:
${
    probes.map((name) =>
      `    - { name: ${name}, httpGet: { host: 127.0.0.1, port: ${target}, path: /${name} } }`
    ).join("\n")
  }
ingress:
  httpServer:
    port: ${port}
    host: 127.0.0.1
    health:
      - { path: ready, instantQuery: { query: "min_over_time(probe_success[300ms])" } }
telemetry: { prometheus: { tsdbPath: "${tsdbPath}" } }
`;
}
