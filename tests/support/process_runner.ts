import { TextLineStream } from "./text_line_stream.ts";

export interface ProcessOptions {
  /** Program and its arguments. */
  command: [string, ...string[]];
  /** Environment on top of our own. */
  env?: Record<string, string>;
  /** Start with only the variables of `env`. Default false. */
  clearEnv?: boolean;
  /** Working directory. Default: ours. */
  cwd?: string | URL;
}

export interface OutputLine {
  stream: "stdout" | "stderr";
  text: string;
}

/** Starts `deno` itself: `await using child = denoProcess(["run", "-A", script])`. */
export function denoProcess(args: string[], options: Omit<ProcessOptions, "command"> = {}): RunningProcess {
  return new RunningProcess({ ...options, command: [Deno.execPath(), ...args] });
}

/**
 * A program in a process group of its own; disposing of it kills the whole group. Every line it prints is kept.
 */
export class RunningProcess implements AsyncDisposable {
  /** Everything printed so far, in the order it came. */
  readonly lines: OutputLine[] = [];
  /** Settles when the program has ended and its output was read to the end. */
  readonly status: Promise<Deno.CommandStatus>;
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #name: string;
  /** Where `waitForLine` goes on. */
  #seen = 0;
  #ended = false;
  /** Woken by each line and by the end. */
  #wake: () => void = () => {};

  /** @throws when the program can't be started */
  constructor({ command: [program, ...args], env, clearEnv, cwd }: ProcessOptions) {
    this.#child = new Deno.Command(program, {
      args,
      env,
      clearEnv,
      cwd,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
    this.pid = this.#child.pid;
    this.#name = [program, ...args].join(" ");
    this.status = this.#follow();
  }

  /**
   * Waits for a line that matches, going on after the line found last.
   * @throws with all output when the program ends, or `timeoutMs` passes, without one
   */
  async waitForLine(pattern: RegExp, timeoutMs = 20_000): Promise<string> {
    let expired = false;
    const timer = setTimeout(() => {
      expired = true;
      this.#wake();
    }, timeoutMs);
    try {
      for (;;) {
        while (this.#seen < this.lines.length) {
          const { text } = this.lines[this.#seen++];
          if (pattern.test(text)) return text;
        }
        if (this.#ended) {
          throw new Error(`${this.#name} ended without a line like ${pattern}:\n${this.output}`);
        }
        if (expired) {
          throw new Error(
            `${this.#name} printed no line like ${pattern} in ${timeoutMs} ms:\n${this.output}`,
          );
        }
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** All lines so far as one text. */
  get output(): string {
    return this.lines.map(({ text }) => text).join("\n");
  }

  /** Sends a signal to the program alone. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      Deno.kill(-this.pid, "SIGKILL"); // the group: also what the program left behind
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await this.status;
  }

  async #follow(): Promise<Deno.CommandStatus> {
    const [status] = await Promise.all([this.#child.status, this.#read("stdout"), this.#read("stderr")]);
    this.#ended = true;
    this.#wake();
    return status;
  }

  async #read(stream: OutputLine["stream"]): Promise<void> {
    const lines = this.#child[stream].pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const text of lines) {
      this.lines.push({ stream, text });
      this.#wake();
    }
  }
}
