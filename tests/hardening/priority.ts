/** Before everything that has no real-time priority. */
const TO_ASK = 1;

/**
 * Attackers would be elsewhere: they, which are this process and what it starts from now on, keep to one of the processors,
 * and the one who asks, as far as it has started threads by now, comes before everything else. Who answers has no
 * such priority: the kernel keeps what is busy in real time from running for 50 ms of each second.
 * @returns what they have now, in a few words
 */
export function makeWay(asking: number): string {
  const last = navigator.hardwareConcurrency - 1;
  const isBound = last > 0 &&
    hasRun("taskset", "--all-tasks", "--cpu-list", "--pid", String(last), String(Deno.pid));
  const isFirst = hasRun(
    "chrt",
    "--all-tasks",
    "--reset-on-fork",
    "--rr",
    "--pid",
    String(TO_ASK),
    String(asking),
  );
  return `${isBound ? "attackers keep to one processor" : "attackers may use every processor"}; ` +
    (isFirst ? "who asks runs in real time" : "who asks has no right to real time");
}

function hasRun(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
