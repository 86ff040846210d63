/** What wrk measured. Latencies in ms. */
export interface Load {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
  /** Requests that got no answer, or another than 2xx and 3xx. */
  readonly failed: number;
}

/** Loads a URL for some seconds from eight connections. `undefined`: wrk is not installed. */
export async function wrk(url: string, seconds: number, connections = 8): Promise<Load | undefined> {
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", url];
  let text: string;
  try {
    const { stdout } = await new Deno.Command("wrk", { args, stdout: "piped", stderr: "null" }).output();
    text = new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  return {
    perSecond: number(/Requests\/sec:\s+([\d.]+)/),
    p50Ms: milliseconds(/50%\s+([\d.]+)(us|ms|s)/.exec(text)),
    p99Ms: milliseconds(/99%\s+([\d.]+)(us|ms|s)/.exec(text)),
    requests: number(/(\d+) requests in/),
    failed: number(/Non-2xx or 3xx responses: (\d+)/) +
      (socketErrors?.slice(1).reduce((sum, count) => sum + Number(count), 0) ?? 0),
  };
}

function milliseconds(found: RegExpExecArray | null): number {
  if (!found) return NaN;
  return Number(found[1]) * { us: 1e-3, ms: 1, s: 1e3 }[found[2] as "us" | "ms" | "s"];
}
