import { writeAll } from "./raw_client.ts";

/** What one connection of a crowd does once it is open. It returns when it is done, or the other side has ended it. */
export type Habit = (connection: Deno.TcpConn, isOver: () => boolean) => Promise<void>;

/** What became of a crowd. */
export interface CrowdReport {
  readonly opened: number;
  /** Connections that the other side ended, or refused. */
  readonly ended: number;
  readonly refused: number;
  readonly mostOpen: number;
}

/** Keeps up to `size` connections of one habit open for some time; whoever is done, or thrown out, comes again. */
export async function crowd(
  port: number,
  size: number,
  durationMs: number,
  habit: Habit,
): Promise<CrowdReport> {
  const endsAt = performance.now() + durationMs;
  const open = new Set<Deno.TcpConn>();
  let opened = 0, ended = 0, refused = 0, mostOpen = 0;
  const isOver = () => performance.now() >= endsAt;
  const member = async () => {
    while (!isOver()) {
      let connection: Deno.TcpConn;
      try {
        connection = await Deno.connect({ hostname: "127.0.0.1", port, signal: AbortSignal.timeout(2_000) });
      } catch {
        refused++;
        await pause(20);
        continue;
      }
      if (isOver()) return close(connection); // perhaps the other side knows nothing of it, and will never end it
      opened++;
      open.add(connection);
      mostOpen = Math.max(mostOpen, open.size);
      try {
        await habit(connection, isOver);
      } catch {
        // thrown out
      }
      if (!isOver()) ended++;
      open.delete(connection);
      close(connection);
    }
  };
  const members = Array.from({ length: size }, member);
  await pause(durationMs);
  for (const connection of open) close(connection);
  await Promise.all(members);
  return { opened, ended, refused, mostOpen };
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // closed already
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const encoder = new TextEncoder();

/** Says nothing at all. */
export const silent: Habit = async (connection) => {
  await connection.read(new Uint8Array(1_000));
};

/** Asks once, takes the answer, and then says nothing more. */
export function idle(path: string): Habit {
  return async (connection) => {
    await writeAll(connection, encoder.encode(`GET /${path} HTTP/1.1\r\nHost: bunny\r\n\r\n`));
    const buffer = new Uint8Array(16_384);
    while (await connection.read(buffer) !== null);
  };
}

/** Says `text` a byte at a time, and then over again: a request that never ends. */
export function slowWriter(text: string, everyMs: number): Habit {
  return async (connection, isOver) => {
    let gone = false;
    const reading = connection.read(new Uint8Array(1_000)).then(() => gone = true, () => gone = true);
    const bytes = encoder.encode(text);
    for (let i = 0; !gone && !isOver(); i++) {
      await writeAll(connection, bytes.subarray(i % bytes.length, i % bytes.length + 1));
      await pause(everyMs);
    }
    if (!gone) await reading;
  };
}

/** Asks, `ahead` times at once, and takes nothing of the answers. */
export function slowReader(path: string, ahead = 1): Habit {
  return async (connection, isOver) => {
    await writeAll(connection, encoder.encode(`GET /${path} HTTP/1.1\r\nHost: bunny\r\n\r\n`.repeat(ahead)));
    // A reset shows in a write; reading would take the answer.
    while (!isOver()) {
      await pause(200);
      await connection.write(encoder.encode("\r\n"));
    }
  };
}

/** Asks again and again, as fast as the answers come. */
export function eager(request: Uint8Array): Habit {
  return async (connection, isOver) => {
    const buffer = new Uint8Array(65_536);
    while (!isOver()) {
      await writeAll(connection, request);
      if (await connection.read(buffer) === null) return;
    }
  };
}

/** Opens, asks for one answer, leaves without waiting for it. */
export function hasty(path: string): Habit {
  return async (connection) => {
    await writeAll(connection, encoder.encode(`GET /${path} HTTP/1.1\r\nHost: bunny\r\n\r\n`));
  };
}
