import { freePort } from "../support/free_port.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { installed } from "./promtool.ts";

export function prometheusInstalled(): boolean {
  return installed("prometheus");
}

/** A real Prometheus that scrapes (or receives OTLP, as far as its version can) on its own port and in its own folder. */
export class PrometheusPeer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #folder: TempDir;
  readonly url: string;

  private constructor(child: Deno.ChildProcess, folder: TempDir, url: string) {
    this.#child = child;
    this.#folder = folder;
    this.url = url;
  }

  /** `targets`: job name → URL to scrape, every 200 ms. */
  static async start(targets: Readonly<Record<string, URL>>): Promise<PrometheusPeer> {
    const folder = tempDir();
    const jobs = Object.entries(targets).map(([job, url]) => ({
      job_name: job,
      metrics_path: url.pathname,
      static_configs: [{ targets: [url.host] }],
    }));
    const config = { global: { scrape_interval: "200ms", scrape_timeout: "200ms" }, scrape_configs: jobs };
    const file = folder.write("prometheus.yml", JSON.stringify(config)); // JSON is YAML
    const port = freePort();
    const child = new Deno.Command("prometheus", {
      args: [
        `--config.file=${file}`,
        `--storage.tsdb.path=${folder.join("data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--enable-feature=exemplar-storage",
        "--log.level=error",
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const peer = new PrometheusPeer(child, folder, `http://127.0.0.1:${port}`);
    await peer.#ready();
    return peer;
  }

  /** The `data` of an API answer. */
  // deno-lint-ignore no-explicit-any
  async api(path: string, parameters: Record<string, string> = {}): Promise<any> {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const { data } = await response.json();
    return data;
  }

  /** Asks until the answer is what is waited for; the test's own limit ends a wait that has no end. */
  async until<T>(ask: () => Promise<T>, done: (answer: T) => boolean, limitMs = 20_000): Promise<T> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const answer = await ask();
      if (done(answer)) return answer;
      if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(answer)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    this.#folder[Symbol.dispose]();
  }

  async #ready(): Promise<void> {
    await this.until(async () => {
      try {
        const response = await fetch(`${this.url}/-/ready`);
        await response.body?.cancel();
        return response.status;
      } catch {
        return 0;
      }
    }, (status) => status === 200);
  }
}
