/**
 * Asks servers for one path each, on a fresh connection each time as the kubelet does, and prints how long each answer
 * took. A process of its own, so that whoever attacks meanwhile does not disturb the clock. Each server is asked on its
 * own beat, whether its earlier answers have come or not: one that hangs is asked as often as others.
 *
 *     watch_main.ts PERIOD_MS NAME=PORT/PATH@PID…
 *
 * A line an answer: name, when it was asked (wall clock, ms), how long it took (ms), for how much of that the main thread
 * of the process that answers was ready and had no processor (ms), its status (0: none).
 */
const GIVE_UP_MS = 3_000;

const [period, ...targets] = Deno.args;
const periodMs = Number(period);
const encoder = new TextEncoder();

/** @returns the status of the answer; 0 when there was none */
async function ask(port: number, path: string): Promise<number> {
  const late = AbortSignal.timeout(GIVE_UP_MS);
  const buffer = new Uint8Array(4_096);
  let connection: Deno.TcpConn | undefined;
  const close = () => {
    try {
      connection?.close();
    } catch {
      // closed already
    }
  };
  try {
    connection = await Deno.connect({ hostname: "127.0.0.1", port, signal: late });
    late.addEventListener("abort", close);
    await connection.write(
      encoder.encode(`GET /${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`),
    );
    let status = 0;
    for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
      if (status > 0) continue;
      const head = String.fromCharCode(...buffer.subarray(0, Math.min(count, 12)));
      status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
    }
    return status;
  } catch {
    return 0;
  } finally {
    late.removeEventListener("abort", close);
    close();
  }
}

/** How long the main thread of a process has been ready to run without a processor to run on. */
class Waiting {
  readonly #file: Deno.FsFile | undefined;

  constructor(pid: string) {
    try {
      this.#file = Deno.openSync(`/proc/${pid}/schedstat`);
    } catch {
      // A system that doesn't tell.
    }
  }

  /** Up to now, ms; 0 where nobody tells. */
  get ms(): number {
    const text = new Uint8Array(128);
    try {
      this.#file?.seekSync(0, Deno.SeekMode.Start);
      this.#file?.readSync(text);
    } catch {
      return 0; // the process has ended
    }
    return Number(new TextDecoder().decode(text).split(" ")[1] ?? 0) / 1e6;
  }
}

interface Target {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly waiting: Waiting;
}

function targetOf(text: string): Target {
  const [, name, port, path, pid] = /^(\w+)=(\d+)\/(.*)@(\d+)$/.exec(text)!;
  return { name, port: Number(port), path, waiting: new Waiting(pid) };
}

let lines = "";

async function askAndSay({ name, port, path, waiting }: Target): Promise<void> {
  const askedAt = Date.now();
  const waitedMs = waiting.ms;
  const startedAt = performance.now();
  const status = await ask(port, path);
  const tookMs = performance.now() - startedAt;
  lines += `${name} ${askedAt} ${tookMs.toFixed(3)} ${(waiting.ms - waitedMs).toFixed(3)} ${status}\n`;
}

async function askAgainAndAgain(target: Target, firstAt: number): Promise<void> {
  for (let dueAt = firstAt;; dueAt += periodMs) {
    const waitMs = dueAt - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    void askAndSay(target);
  }
}

setInterval(() => {
  if (lines) Deno.stdout.writeSync(encoder.encode(lines));
  lines = "";
}, 200);
const startAt = performance.now();
targets.map(targetOf).forEach((target, i) =>
  void askAgainAndAgain(target, startAt + i * periodMs / targets.length)
);
