import { SystemClock } from "../base/clock.ts";
import { SILENT } from "../base/log.ts";
import { resultMembers } from "../ingress/mod.ts";
import { Engine, loadScript, renderAnnotation } from "../query/mod.ts";
import { Store } from "../store/mod.ts";
import type { ApiData, Question, Told } from "./query.ts";

/** Larger scripts are refused, bytes. */
const MAX_SCRIPT_BYTES = 16 * 1024 * 1024;

/** Long enough that nothing of a script ever expires. */
const FOR_EVER_MS = 100 * 365 * 86_400_000;

/** Evaluates over the data of a script's `load` commands, whose first sample is at time 0. @throws when it can't be read */
export async function askScript(path: string, { query, timeMs, range, lookbackMs }: Question): Promise<Told> {
  const { size } = await Deno.stat(path);
  if (size > MAX_SCRIPT_BYTES) {
    return { kind: "error", message: `${path} is larger than ${MAX_SCRIPT_BYTES} bytes` };
  }
  const script = await Deno.readTextFile(path);
  const clock = new SystemClock();
  await using store = await Store.open({
    clock: {
      now: () => 0,
      wallNow: () => 0,
      sleepUntil: (dueAtMs, signal) => clock.sleepUntil(dueAtMs, signal),
    },
    logger: SILENT,
    retentionMs: FOR_EVER_MS,
  });
  const loaded = loadScript(script, store);
  if (loaded.kind === "error") {
    const { line, column, message } = loaded.problem;
    return { kind: "error", message: `${path}:${line}:${column}: ${message}` };
  }
  const engine = new Engine({ clock, lookbackMs });
  const atMs = timeMs ?? loaded.endMs;
  const result = range
    ? await engine.range(store, query, atMs - range.reachMs, atMs, range.stepMs)
    : await engine.instant(store, query, atMs);
  if (result.kind === "error") return { kind: "error", message: result.error.message };
  return {
    kind: "ok",
    data: JSON.parse(`{${resultMembers(result.value)}}`) as ApiData,
    remarks: result.annotations.map((annotation) => renderAnnotation(annotation, query)),
  };
}
