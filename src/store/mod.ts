export type { StoreOptions } from "./options.ts";
export type { StoreStats } from "./stats.ts";
export { Store } from "./store.ts";
