import type { Config } from "../config/mod.ts";
import { type ExecPolicy, programsOf } from "../probes/mod.ts";

/** Deno's names, with the one that its types leave out. */
type PermissionName = Deno.PermissionName | "import";

/** Absolute paths of the programs that exec probes may run: fixed when the process starts. */
export function execAllowList(
  fromEnvironment: readonly string[] | undefined,
  config: Config,
): ReadonlySet<string> {
  return new Set(fromEnvironment ?? programsOf(config.egress.probes));
}

/** The exec probes whose command is not on the list: one sentence each, saying what to set. */
export function refusedCommands(config: Config, policy: ExecPolicy): string[] {
  return config.egress.probes.flatMap(({ name, action }) =>
    action.kind === "exec" && !policy.allows(action.exec.command[0])
      ? [`probe "${name}": ${policy.refusal(action.exec.command[0])}`]
      : []
  );
}

/** What is given up for good once the first configuration runs. */
export function permissionsToGiveUp(config: Config, allowed: ReadonlySet<string>): PermissionName[] {
  // Reading other processes' command lines takes every permission there is.
  if (config.signals.watchedProcess) return [];
  const names: PermissionName[] = ["ffi", "import"];
  if (allowed.size === 0) names.push("run");
  if (config.telemetry.store.tsdbPath === "") names.push("write");
  return names;
}

/** Gives them up. @returns those that are gone now, whether they had been there or not */
export async function giveUp(names: readonly PermissionName[]): Promise<string[]> {
  const gone: string[] = [];
  for (const name of names) {
    const status = await Deno.permissions.revoke({ name } as Deno.PermissionDescriptor);
    if (status.state !== "granted") gone.push(name);
  }
  return gone;
}
