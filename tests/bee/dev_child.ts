import { TextLineStream } from "../support/text_line_stream.ts";

/** How long a child may take to end after SIGTERM, milliseconds; then its group is killed. */
const STOP_LIMIT_MS = 5_000;

export interface DevChildOptions {
  /** Short name, put before each line of output. */
  name: string;
  /** Arguments for `deno`. */
  args: string[];
  cwd: string;
  /** Environment on top of our own. */
  env: Record<string, string>;
  /** Takes each line that the child prints, and what there is to say about the child itself. */
  print(name: string, line: string): void;
}

/** A `deno` program in a process group of its own, which can be started again and again. */
export class DevChild {
  readonly #options: DevChildOptions;
  #running: { process: Deno.ChildProcess; ended: Promise<void> } | undefined;
  #stopping = false;

  constructor(options: DevChildOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#running !== undefined;
  }

  /** Starts the program unless it runs. Its end is told, not thrown. */
  start(): void {
    if (this.#running) return;
    const { args, cwd, env } = this.#options;
    const process = new Deno.Command(Deno.execPath(), {
      args,
      cwd,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
    this.#stopping = false;
    this.#running = { process, ended: this.#follow(process) };
  }

  /** Ends the program in good order, or by force when it takes too long. */
  async stop(limitMs = STOP_LIMIT_MS): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#stopping = true;
    signal(running.process, "SIGTERM");
    const force = setTimeout(() => signalGroup(running.process.pid), limitMs);
    await running.ended;
    clearTimeout(force);
  }

  /** Ends the program and its group at once. */
  kill(): void {
    if (this.#running) signalGroup(this.#running.process.pid);
  }

  async #follow(process: Deno.ChildProcess): Promise<void> {
    const { name, print } = this.#options;
    const forward = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      const lines = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
      for await (const line of lines) print(name, line);
    };
    const output = Promise.all([forward(process.stdout), forward(process.stderr)]);
    const { code, signal } = await process.status;
    signalGroup(process.pid); // what the program left behind; it may hold the output open
    await output;
    this.#running = undefined;
    if (!this.#stopping) {
      const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
      print(name, `${how}; it starts again when something changes`);
    }
  }
}

function signal(process: Deno.ChildProcess, name: Deno.Signal): void {
  try {
    process.kill(name);
  } catch {
    // It ended by itself a moment ago.
  }
}

/** Kills a whole process group. */
function signalGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}
