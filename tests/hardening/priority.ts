import { setPriority } from "node:os";

/** The lowest of the real-time priorities: they come before everything that has none. */
const TO_ANSWER = 1;
const TO_ASK = 2;

/**
 * Lets those who answer and the one who asks them, as far as they have started threads by now, have the processor before
 * everything else on this machine: attackers would be elsewhere. A nice value would not do, for where a kernel groups
 * tasks by session (`sched_autogroup_enabled`) it counts only within a session.
 * @returns what they have now, in a few words
 */
export function goFirst(answering: readonly number[], asking: number): string {
  if (answering.every((pid) => inRealTime(pid, TO_ANSWER)) && inRealTime(asking, TO_ASK)) {
    return "those who answer and who asks run in real time";
  }
  try {
    for (const pid of [...answering, asking]) setPriority(pid, -10);
    return "no right to real time: those who answer and who asks are nice by -10";
  } catch {
    return "no right to any priority: what else runs on this machine is measured, too";
  }
}

/** Threads and processes that it starts from now on have no such priority. */
function inRealTime(pid: number, priority: number): boolean {
  return hasRun("chrt", "--all-tasks", "--reset-on-fork", "--rr", "--pid", String(priority), String(pid));
}

function hasRun(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
