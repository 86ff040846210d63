/** Targets that keep a probe waiting, in a process of their own. Prints their ports as JSON. */
import { unacceptingPeer } from "../support/tcp_peer.ts";

/** Accepts, says this, and then reads until the caller leaves. */
function listen(words: string): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answer = new TextEncoder().encode(words);
  const serve = async (connection: Deno.TcpConn) => {
    try {
      if (answer.length > 0) await connection.write(answer);
      const buffer = new Uint8Array(4_096);
      while (await connection.read(buffer) !== null);
    } catch {
      // the caller's end
    }
    connection.close();
  };
  (async () => {
    for await (const connection of listener) serve(connection);
  })();
  return listener.addr.port;
}

const full = await unacceptingPeer();
console.log(JSON.stringify({
  silent: listen(""),
  half: listen("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
  full: full.port,
}));
