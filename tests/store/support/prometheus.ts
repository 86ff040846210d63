/** Real Prometheus as a peer: `promtool` and a server on 127.0.0.1. */

/** Whether both programs are installed; tests that need them are ignored otherwise. */
export const HAS_PROMETHEUS = ["prometheus", "promtool"].every((name) => {
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
});

/** "2.42.0+ds" of the server, which is installed. */
export function prometheusVersion(): string {
  const { stdout, stderr } = new Deno.Command("prometheus", { args: ["--version"] }).outputSync();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr); // 2.x writes it to the latter
  return /version ([^\s,]+)/.exec(text)![1];
}

/** Runs promtool; throws with what it said when it fails. */
export function promtool(...args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command("promtool", { args }).outputSync();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`promtool ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** What `promtool tsdb dump` reads from a directory: by series, rows of [timestamp, value]. */
export function dump(dir: string): Record<string, [number, number][]> {
  const found: Record<string, [number, number][]> = {};
  for (const line of promtool("tsdb", "dump", dir).split("\n")) {
    const parts = /^(\{.*\}) (\S+) (-?\d+)$/.exec(line);
    if (parts) (found[parts[1]] ??= []).push([Number(parts[3]), goNumber(parts[2])]);
  }
  return found;
}

function goNumber(text: string): number {
  return text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);
}

/** A copy of a directory, so that what looks at it can't change it. */
export function copyDir(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyDir(`${from}/${name}`, `${to}/${name}`);
    else Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
  }
}

export interface PrometheusOptions {
  /** The scrape configuration's YAML, beside the global section. */
  readonly config?: string;
  readonly flags?: readonly string[];
}

/** A Prometheus server on a directory; disposing kills it as a crash would. */
export class PrometheusServer implements AsyncDisposable {
  readonly url: string;
  readonly #child: Deno.ChildProcess;
  readonly #configFile: string;

  private constructor(url: string, child: Deno.ChildProcess, configFile: string) {
    this.url = url;
    this.#child = child;
    this.#configFile = configFile;
  }

  static async start(dir: string, options: PrometheusOptions = {}): Promise<PrometheusServer> {
    const configFile = await Deno.makeTempFile({ suffix: ".yml" });
    await Deno.writeTextFile(configFile, options.config ?? "global: {}\n");
    const port = freePort();
    const child = new Deno.Command("prometheus", {
      args: [
        `--config.file=${configFile}`,
        `--storage.tsdb.path=${dir}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--storage.tsdb.retention.time=100y",
        "--web.enable-admin-api",
        "--enable-feature=native-histograms",
        "--log.level=error",
        ...options.flags ?? [],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const server = new PrometheusServer(`http://127.0.0.1:${port}`, child, configFile);
    let isOver = false;
    void child.status.then(() => isOver = true);
    for (let tries = 0; !await server.#isReady(); tries++) {
      if (isOver || tries > 200) {
        await server[Symbol.asyncDispose]();
        throw new Error("Prometheus does not become ready");
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return server;
  }

  /** One call of the HTTP API; throws on an error. */
  async api<T>(path: string, params: Record<string, string>, method = "GET"): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(params)}`, { method });
    if (response.status === 204) return undefined as T;
    const body = await response.json();
    if (body.status !== "success") throw new Error(JSON.stringify(body));
    return body.data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It is gone already.
    }
    await this.#child.status;
    await Deno.remove(this.#configFile);
  }

  async #isReady(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/-/ready`);
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
