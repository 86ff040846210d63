/** Before everything that has no real-time priority. */
const TO_ASK = 1;

/**
 * Lets the one who asks, as far as it has started threads by now, come before everything else: its own waiting is none of
 * Bunny's. Who answers has no such priority: the kernel keeps what is busy in real time from running for 50 ms of each
 * second. What attackers on this machine take of it is measured, too, and the bare server beside tells how much that is.
 * @returns what it has now, in a few words
 */
export function makeWay(asking: number): string {
  const isFirst = hasRun(
    "chrt",
    "--all-tasks",
    "--reset-on-fork",
    "--rr",
    "--pid",
    String(TO_ASK),
    String(asking),
  );
  return isFirst ? "who asks runs in real time" : "who asks has no right to real time";
}

function hasRun(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
