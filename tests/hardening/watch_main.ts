/**
 * Asks servers for one path each, on a fresh connection each time as the kubelet does, and prints how long each answer
 * took. A process of its own, so that whoever attacks meanwhile does not disturb the clock. Each server is asked on its
 * own beat, whether its earlier answers have come or not: one that hangs is asked as often as others.
 *
 *     watch_main.ts PERIOD_MS NAME=PORT/PATH…
 *
 * A line an answer: name, when it was asked (wall clock, ms), how long it took (ms), its status (0: none).
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

let lines = "";

async function askAndSay(name: string, port: number, path: string): Promise<void> {
  const askedAt = Date.now();
  const startedAt = performance.now();
  const status = await ask(port, path);
  lines += `${name} ${askedAt} ${(performance.now() - startedAt).toFixed(3)} ${status}\n`;
}

async function askAgainAndAgain(target: string, firstAt: number): Promise<void> {
  const [name, where] = target.split("=");
  const slash = where.indexOf("/");
  for (let dueAt = firstAt;; dueAt += periodMs) {
    const waitMs = dueAt - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    void askAndSay(name, Number(where.slice(0, slash)), where.slice(slash + 1));
  }
}

setInterval(() => {
  if (lines) Deno.stdout.writeSync(encoder.encode(lines));
  lines = "";
}, 200);
const startAt = performance.now();
targets.forEach((target, i) => void askAgainAndAgain(target, startAt + i * periodMs / targets.length));
