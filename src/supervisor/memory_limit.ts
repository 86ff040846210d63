/** What Bunny takes without any query: its own memory, and the part of its file that it works in. */
const RESERVED_BYTES = 72 * 2 ** 20;

/** Queries are left this much even where the limit is smaller than what is reserved. */
const LEAST_BYTES = 8 * 2 ** 20;

/** What one sample that a query holds comes to: its time and value, room to grow, and the result on its way out. */
const BYTES_A_SAMPLE = 48;

/** What a connection may come to that sends or takes slowly: what the kernel hands over at once, and a head of 16 KiB. */
const BYTES_A_CONNECTION = 64 * 1024;

/** Larger than any machine: cgroup v1 says "no limit" with a number of this kind. */
const NO_LIMIT_BYTES = 2 ** 50;

/**
 * Samples that all queries together may hold so that the process stays within its memory limit: they lie outside V8's heap, so
 * nothing else would stop them before the kernel ends the process. `undefined`: there is no limit.
 */
export function samplesWithin(limitBytes: number | undefined): number | undefined {
  if (limitBytes === undefined) return undefined;
  return Math.floor(Math.max(LEAST_BYTES, limitBytes - RESERVED_BYTES) / BYTES_A_SAMPLE);
}

/** Connections that fit within a memory limit, however slow they are. */
export function connectionsWithin(limitBytes: number | undefined): number {
  if (limitBytes === undefined) return Infinity;
  return Math.floor(Math.max(LEAST_BYTES, limitBytes - RESERVED_BYTES) / BYTES_A_CONNECTION);
}

/**
 * The memory limit of the control group that this process is in, bytes (cgroup v2's memory.max, or v1's
 * memory.limit_in_bytes): a container's, or a service's under systemd. `undefined`: none, or it can't be seen. Reading it takes
 * every permission.
 */
export function memoryLimitBytes(readText = readOrNothing): number | undefined {
  const groups = readText("/proc/self/cgroup").split("\n");
  // Inside a container the groups' own root is mounted, whatever path the process is said to be at.
  const candidates = groups.flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === "") return [`/sys/fs/cgroup${path}/memory.max`, "/sys/fs/cgroup/memory.max"];
    if (!controllers?.split(",").includes("memory")) return [];
    return ["", path].map((at) => `/sys/fs/cgroup/memory${at}/memory.limit_in_bytes`);
  });
  const limits = candidates.map((path) => readText(path).trim())
    .filter((text) => /^\d+$/.test(text))
    .map(Number)
    .filter((bytes) => bytes < NO_LIMIT_BYTES);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

function readOrNothing(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
