/** Nanoseconds in each unit of Go's duration syntax (Go, package time, ParseDuration). */
const GO_UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "µs": 1e3, // U+00B5, micro sign
  "μs": 1e3, // U+03BC, Greek mu
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3_600e9,
};

/**
 * Reads a duration in Go's syntax: "300ms", "-5s", "1m30s", "1.5h", "0".
 * @returns milliseconds to the nanosecond (may be negative and have a fraction), or `undefined` when the text is none
 */
export function parseGoDuration(text: string): number | undefined {
  const sign = text.startsWith("-") ? -1 : 1;
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === "0") return 0;
  if (body === "" || body.length > 64) return undefined;
  const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
  // Whole nanoseconds, as in Go: 8.05 * 1000 is a little more than 8050, and a range of ten such steps loses its last.
  let totalNs = 0;
  while (part.lastIndex < body.length) {
    const found = part.exec(body);
    if (!found) return undefined;
    totalNs += Math.round(Number(found[1]) * GO_UNIT_NS[found[2]]);
  }
  return totalNs === 0 ? 0 : sign * totalNs / 1e6;
}

const PROM_DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Milliseconds in each unit of Prometheus' syntax, from largest to smallest, as in PROM_DURATION: a year has 365 days. */
export const PROM_UNITS_MS: ReadonlyMap<string, number> = new Map([
  ["y", 365 * 86_400_000],
  ["w", 7 * 86_400_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
]);

/** Prometheus counts nanoseconds in 64 bits: some 292 years. */
export const MAX_PROM_DURATION_MS = 2 ** 63 / 1e6;

/**
 * Reads a duration in Prometheus' syntax: "5m", "1h30m", "250ms", "0"; whole numbers, units in falling order, no sign.
 * @returns whole milliseconds, or `undefined` when the text is none
 */
export function parsePromDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const found = text.length > 0 && text.length <= 64 ? PROM_DURATION.exec(text) : null;
  if (!found) return undefined;
  let totalMs = 0;
  let group = 1;
  for (const unitMs of PROM_UNITS_MS.values()) totalMs += Number(found[group++] ?? 0) * unitMs;
  return totalMs <= MAX_PROM_DURATION_MS ? totalMs : undefined;
}

/** Writes milliseconds for people: "250ms", "1.5s", "2m30s", "1h0m0s". */
export function formatDuration(durationMs: number): string {
  if (durationMs < 0) return `-${formatDuration(-durationMs)}`;
  if (durationMs < 1_000) return `${trim(durationMs)}ms`;
  if (durationMs < 60_000) return `${trim(durationMs / 1_000)}s`;
  const totalSeconds = Math.round(durationMs / 1_000);
  const hours = Math.floor(totalSeconds / 3_600);
  const minutes = Math.floor((totalSeconds % 3_600) / 60);
  const seconds = totalSeconds % 60;
  return hours > 0 ? `${hours}h${minutes}m${seconds}s` : `${minutes}m${seconds}s`;
}

function trim(value: number): string {
  return String(Number(value.toFixed(3)));
}
