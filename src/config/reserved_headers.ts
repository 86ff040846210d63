/** Headers that shape a message itself, in lower case. */
const SHAPING: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** What a gRPC call says itself besides. */
const GRPC_OWN: ReadonlySet<string> = new Set(["content-type", "host", "user-agent"]);

/** Whether a configuration has no say in a header of HTTP probes: it is not sent. */
export function isReservedHeader(name: string): boolean {
  return SHAPING.has(name.toLowerCase());
}

/** Whether a configuration has no say in metadata of gRPC probes: they are not sent. */
export function isReservedMetadata(name: string): boolean {
  const lower = name.toLowerCase();
  return SHAPING.has(lower) || GRPC_OWN.has(lower) || lower.startsWith(":") || lower.startsWith("grpc-");
}
