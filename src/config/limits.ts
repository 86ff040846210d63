/**
 * Bounds of the configuration. Each is generous for people and small enough for the machine: a heap of 48 MiB has to
 * hold what is read beside what runs, and no piece of the work between two pauses may take long.
 */

export const MAX_FILE_BYTES = 262_144;

/** Words and marks of YAML, some 300 bytes each while they are read; five hundred probes have twenty thousand. */
export const MAX_TOKENS = 50_000;

/** Of one list or mapping, whatever it is; what belongs there has fewer. */
export const MAX_ENTRIES = 1_000;

/** Maps and lists inside one another; the deepest key there is stands at ten. */
export const MAX_DEPTH = 32;

/** One piece of text as the file has it, quotes and all, in UTF-16 units. */
export const MAX_TEXT_LENGTH = 16_384;

export const MAX_ALIASES = 1_000;

/** Keys that all `<<` together may bring. */
export const MAX_MERGED_KEYS = 10_000;

/** Values that are looked at: aliases can make a small file large. */
export const MAX_VALUES = 50_000;

/** Problems told at once; whoever has more will read the file again anyway. */
export const MAX_PROBLEMS = 100;

/** Problems after which the rest of the file is not looked at. */
export const MAX_COUNTED_PROBLEMS = 1_000;

/** More would be a load test. */
export const MAX_PROBES = 500;
export const MAX_HEALTH_ENDPOINTS = 500;

/** Items of any other list: headers, steps, arguments, labels … */
export const MAX_ITEMS = 100;

/** Keys of a mapping whose names are the user's. */
export const MAX_KEYS = 100;

/** A health endpoint's query, in UTF-16 units: reading one takes a millisecond or two for this much. */
export const MAX_QUERY_LENGTH = 4_096;

/** All health queries together: what is read of them takes a hundred times as many bytes. */
export const MAX_QUERIES_LENGTH = 65_536;

/** States that one pattern, or those of one query, may come to: making a thousand takes some four milliseconds. */
export const MAX_PATTERN_WEIGHT = 1_000;

/** All patterns of the file together, those of queries too; a thousand states take 170 KB. */
export const MAX_PATTERNS_WEIGHT = 30_000;

/** What a pattern counts for besides its states. */
export const PATTERN_BASE_WEIGHT = 20;

/** Below 10 ms a probe costs more than most targets' work, and timers are no longer true. */
export const MIN_PERIOD_MS = 10;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
export const YEAR_MS = 365 * DAY_MS;

/** Prometheus' own bound for the points of one series in a range query (web/api/v1, `exceeded maximum resolution`). */
export const MAX_RANGE_STEPS = 11_000;

/** What an expect step's `receive` may hold back while it waits for its delimiter. */
export const MAX_RECEIVE_BYTES = 16 * 1_048_576;
