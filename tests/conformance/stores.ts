import { SystemClock } from "../../src/base/clock.ts";
import { SILENT } from "../../src/base/log.ts";
import { MemoryStore, type OpenStore } from "../support/promql_script/mod.ts";
import { Store } from "../../src/store/mod.ts";

/** The stores that scripts can run on. */
export type StoreName = "memory" | "real";

const DAY_MS = 86_400_000;

/** Opens an empty store: plain columns in memory, or the one that Bunny runs on, without a directory and keeping all. */
export async function openStore(name: StoreName): Promise<OpenStore> {
  if (name === "memory") return { store: new MemoryStore(), close: () => {} };
  const store = await Store.open({
    clock: new SystemClock(),
    logger: SILENT,
    retentionMs: 1e15, // scripts begin in 1970
    minBlockMs: DAY_MS,
    maxBlockMs: DAY_MS,
  });
  return { store, close: () => store.close() };
}
