/** What came back on a connection until the other side ended it (or `giveUpMs` passed). */
export interface RawAnswer {
  readonly text: string;
  readonly status: number;
  /** Whether the other side ended the connection. */
  readonly ended: boolean;
  readonly tookMs: number;
}

/** Sends bytes as they are on a connection of its own and reads all that comes. */
export async function rawHttp(port: number, bytes: string, giveUpMs = 5_000): Promise<RawAnswer> {
  const startedAt = performance.now();
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let ended = false;
  const timer = setTimeout(() => connection.close(), giveUpMs);
  let text = "";
  try {
    if (bytes !== "") await connection.write(new TextEncoder().encode(bytes));
    const buffer = new Uint8Array(65_536);
    while (true) {
      const count = await connection.read(buffer);
      if (count === null) break;
      text += new TextDecoder().decode(buffer.subarray(0, count));
    }
    ended = true;
  } catch (error) {
    ended = error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
  } finally {
    clearTimeout(timer);
    try {
      connection.close();
    } catch {
      // the timer closed it
    }
  }
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
  return { text, status, ended, tookMs: performance.now() - startedAt };
}

/** A GET that asks for the connection to be closed. */
export function get(path: string, method = "GET"): string {
  return `${method} ${path} HTTP/1.1\r\nHost: bunny\r\nConnection: close\r\n\r\n`;
}
