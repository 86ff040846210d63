import { fileURLToPath } from "node:url";
import { RunningProcess } from "../support/process_runner.ts";
import type { TempDir } from "../support/temp_dir.ts";

/** A program that says that it is there, and then does nothing: what the runtime itself takes. */
const PROGRAM = 'console.log("here"); setInterval(() => {}, 1_000);\n';

/**
 * The command line that starts the empty runtime in the same way as Bunny: compiled where BUNNY_BINARY names an
 * executable and there is a runtime to compile with, else by Deno. `undefined`: it can't be compiled.
 */
export async function emptyRuntime(dir: TempDir): Promise<[string, ...string[]] | undefined> {
  const script = dir.write("empty.js", PROGRAM);
  if (!Deno.env.get("BUNNY_BINARY")) return [Deno.execPath(), "run", "--no-config", script];
  const output = dir.join("empty");
  const { success } = await new Deno.Command(Deno.env.get("DENO") || Deno.execPath(), {
    args: ["compile", "--quiet", "--no-check", "--no-config", "--allow-all", `--output=${output}`, script],
    stdout: "null",
    stderr: "null",
  }).output();
  return success ? [output] : undefined;
}

/** The least that answers HTTP, as a target for probes. @returns it, and its port */
export async function bareServer(): Promise<{ readonly target: RunningProcess; readonly port: number }> {
  const path = fileURLToPath(new URL("bare_server.ts", import.meta.url));
  const target = new RunningProcess({ command: [Deno.execPath(), "run", "-A", "--no-check", path] });
  return { target, port: Number(await target.waitForLine(/^\d+$/)) };
}
