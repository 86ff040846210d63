/** The time-series database: Prometheus' directory format, written, read and inspected. */
export type { BlockMeta } from "./block_meta.ts";
export { type BlockAnalysis, Inspection, type Share } from "./inspect.ts";
export type { StoreOptions } from "./options.ts";
export type { StoreStats } from "./stats.ts";
export { Store } from "./store.ts";
