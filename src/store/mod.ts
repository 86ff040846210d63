export type { BlockMeta } from "./block_meta.ts";
export { type BlockAnalysis, Inspection, type Share } from "./inspect.ts";
export type { StoreOptions } from "./options.ts";
export type { StoreStats } from "./stats.ts";
export { FLUSH_PERIOD_MS, Store, SYNC_PERIOD_MS } from "./store.ts";
