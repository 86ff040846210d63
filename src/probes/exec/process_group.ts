/** Programs that can end a process group for us where we may not do so ourselves. */
const KILL_PROGRAMS = ["/bin/kill", "/usr/bin/kill"];

/** Programs that begin a session, and so a process group, and then become the program that they are given. */
const SETSID_PROGRAMS = ["/usr/bin/setsid", "/bin/setsid"];

/** How far killing goes. */
export type KillReach =
  /** Deno.kill on the group: all of it, at once. */
  | { readonly kind: "group" }
  /** By a program that the permissions name: all of it, a moment later. */
  | { readonly kind: "helper"; readonly program: string }
  /** The command itself, not what it started. */
  | { readonly kind: "leader" };

/**
 * Finds out how process groups can be ended under the permissions at hand. With a scoped `--allow-run=…` Deno refuses
 * every `Deno.kill`, even of our own children; a child's own handle then reaches that child alone, so a kill program
 * does the rest where the scope includes one.
 */
export function findKillReach(): KillReach {
  if (Deno.permissions.querySync({ name: "run" }).state === "granted") return { kind: "group" };
  const program = KILL_PROGRAMS.find((command) =>
    Deno.permissions.querySync({ name: "run", command }).state === "granted" && exists(command)
  );
  return program === undefined ? { kind: "leader" } : { kind: "helper", program };
}

/**
 * Finds a program that gives a command a process group of its own at little cost. Deno can do it, too (`detached`), but
 * then it copies itself to do so, its page tables and all, and everything else waits: at 240 MB of memory 20 ms a time,
 * beside half a millisecond (Deno 2.9.6 on a virtual machine). `undefined`: there is none, or no permission for it.
 */
export function findSetsid(): string | undefined {
  return SETSID_PROGRAMS.find((command) =>
    Deno.permissions.querySync({ name: "run", command }).state === "granted" && isThere(command)
  );
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false; // or we may not look: Deno's own way will do
  }
}

/** Ends a child that leads its own process group, and everything in the group that the reach covers. Never throws. */
export function killGroup(child: Deno.ChildProcess, reach: KillReach): void {
  try {
    if (reach.kind === "group") Deno.kill(-child.pid, "SIGKILL");
    if (reach.kind === "helper") runKill(reach.program, child.pid);
  } catch {
    // The group is gone, or permissions have been taken away since: the child's handle is what is left.
  }
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended.
  }
}

function runKill(program: string, pid: number): void {
  const kill = new Deno.Command(program, {
    args: ["-KILL", "--", `-${pid}`],
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  kill.status.catch(() => {}); // reaped; if it failed the group was gone
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return true; // we may not look: spawning will tell
  }
}
