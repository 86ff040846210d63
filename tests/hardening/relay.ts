import type { Script } from "../support/tcp_peer.ts";
import { writeAll } from "./raw_client.ts";

/** What becomes of a server's bytes on their way. */
export interface Relayed {
  readonly bytes: Uint8Array;
  /** Says these, and then ends the connection, resets it, or says nothing more. Default: goes on. */
  readonly then?: "end" | "reset" | "stall";
}

/** `at`: how many bytes have come from the server before these. */
export type Garble = (bytes: Uint8Array, at: number) => Relayed;

const FAITHFUL: Garble = (bytes) => ({ bytes });

/** A script that hands everything on to a port of the loopback, and back what comes from there, or something like it. */
export function relay(port: number, garble: Garble = FAITHFUL): Script {
  return async (conversation) => {
    const server = await Deno.connect({ hostname: "127.0.0.1", port });
    server.setNoDelay(true);
    let isOpen = true;
    const close = () => {
      if (isOpen) server.close();
      isOpen = false;
    };
    const forth = async () => {
      for (let some = await conversation.readSome(); some.length > 0; some = await conversation.readSome()) {
        await writeAll(server, some);
      }
      await server.closeWrite();
    };
    const back = async () => {
      const buffer = new Uint8Array(65_536);
      let at = 0;
      for (let count = await server.read(buffer); count !== null; count = await server.read(buffer)) {
        const { bytes, then } = garble(buffer.slice(0, count), at);
        at += count;
        if (bytes.length > 0 && !await conversation.send(bytes)) return;
        if (then === "reset") return conversation.reset();
        if (then === "stall") return await conversation.hang();
        if (then === "end") return;
      }
    };
    const gone = conversation.over.then(close);
    const asking = forth().catch(() => {});
    try {
      await back();
    } catch {
      // one of the two has left
    }
    conversation.end();
    close();
    await Promise.all([asking, gone]);
  };
}

/** The first `count` bytes of all, and then this. */
export function after(count: number, then: "end" | "reset" | "stall"): Garble {
  return (bytes, at) =>
    at + bytes.length < count ? { bytes } : { bytes: bytes.subarray(0, Math.max(0, count - at)), then };
}

/** Everything, but one byte with its bits turned over. */
export function flipped(position: number): Garble {
  return (bytes, at) => {
    if (position >= at && position < at + bytes.length) bytes[position - at] ^= 0xff;
    return { bytes };
  };
}
