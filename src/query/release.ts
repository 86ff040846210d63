import { free } from "../base/memory.ts";
import type { QueryValue } from "./value.ts";

/** Gives the memory of a value back that nobody reads any more: large ones need not wait for garbage collection. */
export function release(value: QueryValue): void {
  if (value.kind !== "matrix") return;
  for (const { timestamps, values } of value.series) {
    free(timestamps);
    free(values);
  }
}
