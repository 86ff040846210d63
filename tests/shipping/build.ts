import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Whether executables are tested here, and there is a runtime to make more of them. */
export function canBuild(): boolean {
  return Boolean(
    Deno.env.get("BUNNY_BINARY") && (Deno.env.get("DENORT_BIN") || Deno.env.get("GITHUB_ACTIONS")),
  );
}

/** Runs `deno task build` with these options. @returns what it said, @throws with that when it fails */
export async function build(...options: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "build", ...options],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (!success) throw new Error(said);
  return said;
}
