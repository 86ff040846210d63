import { fileURLToPath as fromFileUrl } from "node:url";
import { RunningProcess } from "../support/process_runner.ts";
import { SHIPPED_ENVIRONMENT } from "../support/shipped_environment.ts";

const ROOT = new URL("../../", import.meta.url);

/** The command line that starts Bunny: from source, or the executable that BUNNY_BINARY names. */
function bunnyCommand(...args: string[]): [string, ...string[]] {
  const binary = Deno.env.get("BUNNY_BINARY");
  if (binary) return [binary, ...args];
  const config = fromFileUrl(new URL("deno.json", ROOT));
  const main = fromFileUrl(new URL("src/main.ts", ROOT));
  return [Deno.execPath(), "run", "--no-prompt", "--no-check", "-A", "--config", config, main, ...args];
}

/**
 * Starts `bunny run` on a configuration file and waits until it answers. `within`: a program that starts it, with its
 * arguments, such as a sandbox.
 */
export async function startBunny(
  configPath: string,
  env: Record<string, string> = {},
  within: readonly string[] = [],
): Promise<RunningProcess> {
  const bunny = runBunny(configPath, env, within);
  try {
    await bunny.waitForLine(/"msg":"ready"/);
  } catch (error) {
    await bunny[Symbol.asyncDispose]();
    throw error;
  }
  return bunny;
}

/** Starts `bunny run` without waiting. */
export function runBunny(
  configPath: string,
  env: Record<string, string> = {},
  within: readonly string[] = [],
): RunningProcess {
  const command = [...within, ...bunnyCommand("run", "--config", configPath)];
  return new RunningProcess({
    command: command as [string, ...string[]],
    env: { LOG_HANDLER: "json", LOG_LEVEL: "info", ...SHIPPED_ENVIRONMENT, ...env },
  });
}

/** One GET: status and body. */
export async function ask(port: number, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}/${path}`);
  return { status: response.status, body: await response.text() };
}

/** Asks until the answer has this status. @throws after ten seconds, with the last answer */
export async function untilStatus(port: number, path: string, status: number): Promise<string> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const answer = await ask(port, path);
    if (answer.status === status) return answer.body;
    if (performance.now() > deadline) {
      throw new Error(`${path} still answers ${answer.status}: ${answer.body}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The one value of an instant query. */
export async function value(port: number, query: string): Promise<number> {
  const { body } = await ask(port, `api/v1/query?query=${encodeURIComponent(query)}`);
  const { data, error } = JSON.parse(body);
  if (!data) throw new Error(`${query}: ${error}`);
  const [, text] = data.resultType === "scalar" ? data.result : data.result[0]?.value ?? [0, "NaN"];
  return Number(text);
}
