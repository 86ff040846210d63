/** What came back on a connection. */
export interface RawReply {
  /** One character a byte. */
  readonly text: string;
  /** Statuses of the final answers, in order. */
  readonly statuses: readonly number[];
  /** Whether the other side ended the connection within the time given. */
  readonly ended: boolean;
  readonly tookMs: number;
}

export interface RawOptions {
  /** Parts that the bytes are sent in, one write each. Default: one. */
  readonly parts?: readonly Uint8Array[];
  /** Whether to close our side after the last byte, which most servers take for leaving. Default: it stays open. */
  readonly closes?: boolean;
  /** How long to wait for the other side to end it. Default 10 s. */
  readonly giveUpMs?: number;
}

/** Says something on a connection of its own, one byte a character, and listens until the other side ends it. */
export async function converse(port: number, sent: string, options: RawOptions = {}): Promise<RawReply> {
  const startedAt = performance.now();
  const { parts = [bytesOf(sent)], closes = false, giveUpMs = 10_000 } = options;
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let ended = false;
  let open = true;
  const close = () => {
    if (open) connection.close();
    open = false;
  };
  const timer = setTimeout(close, giveUpMs);
  const received: string[] = [];
  const read = async () => {
    const buffer = new Uint8Array(65_536);
    for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
      received.push(textOf(buffer.subarray(0, count)));
    }
  };
  const write = async () => {
    for (const part of parts) await writeAll(connection, part);
    if (closes) await connection.closeWrite();
  };
  try {
    const writing = write().catch(() => {}); // refused in the middle: what counts is what was said about it
    await read();
    ended = true;
    await writing;
  } catch (error) {
    ended = error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
  } finally {
    clearTimeout(timer);
    close();
  }
  const text = received.join("");
  return { text, statuses: statusesOf(text), ended, tookMs: performance.now() - startedAt };
}

export async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function textOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8_192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  }
  return text;
}

function statusesOf(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)).filter((s) =>
    s >= 200
  );
}
