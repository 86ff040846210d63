/** Before everything that has no real-time priority. */
const FIRST = ["--reset-on-fork", "--rr", "1"];

/** Behind everything else. */
const LAST = ["--idle", "0"];

/**
 * Lets the one who asks come before everything else, as far as it has started threads by now: its own waiting is none of
 * Bunny's. Lets those who attack come last: what they take of the processors Bunny would have for itself where
 * its attackers are on other machines. What is started from now on has as little. Who answers has no real-time
 * priority: the kernel keeps what is busy in real time from running for 50 ms of each second. What is left of the
 * disturbance is measured, too, by those who answer aside.
 * @returns what they have now, in a few words
 */
export function makeWay(asking: number, attackers: readonly number[]): string {
  const isFirst = hasPriority(asking, FIRST);
  const isLast = attackers.every((attacker) => hasPriority(attacker, LAST));
  return `${isFirst ? "who asks runs in real time" : "who asks has no right to real time"}, ${
    isLast ? "attackers when nobody else does" : "attackers like everybody else"
  }`;
}

function hasPriority(pid: number, [...policy]: readonly string[]): boolean {
  const priority = policy.pop() ?? "";
  return hasRun("chrt", "--all-tasks", ...policy, "--pid", priority, String(pid));
}

function hasRun(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
