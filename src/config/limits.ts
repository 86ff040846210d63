/** Bounds of the configuration. Each is generous for people and small enough for the machine. */

export const MAX_FILE_BYTES = 1_048_576;

/** Ten thousand probes would be a load test. */
export const MAX_PROBES = 1_000;
export const MAX_HEALTH_ENDPOINTS = 1_000;

/** Below 10 ms a probe costs more than most targets' work, and timers are no longer true. */
export const MIN_PERIOD_MS = 10;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
export const YEAR_MS = 365 * DAY_MS;

/** Prometheus' own bound for the points of one series in a range query (web/api/v1, `exceeded maximum resolution`). */
export const MAX_RANGE_STEPS = 11_000;

/** What an expect step's `receive` may hold back while it waits for its delimiter. */
export const MAX_RECEIVE_BYTES = 16 * 1_048_576;
