/** Targets for the leak check, in a process of their own. Prints their ports as one line of JSON. */
import { grpcHealthPeer } from "../support/grpc_health_peer.ts";
import { unacceptingPeer } from "../support/tcp_peer.ts";
import { serverCertificate } from "../support/tls_fixtures.ts";

export interface Ports {
  /** Never accepts. */
  readonly full: number;
  /** Says nothing. */
  readonly silent: number;
  /** Shakes hands, then says nothing. */
  readonly silentTls: number;
  /** Sends half an HTTP answer. */
  readonly half: number;
  readonly http: number;
  readonly https: number;
  readonly grpc: number;
}

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

/** Accepts, says this when it is asked for, and reads until the caller leaves. */
function listen(words: string, secure = false): number {
  const where = { hostname: "127.0.0.1", port: 0 };
  const listener = secure ? Deno.listenTls({ ...where, ...serverCertificate() }) : Deno.listen(where);
  const answer = new TextEncoder().encode(words);
  const serve = async (connection: Deno.Conn) => {
    try {
      const buffer = new Uint8Array(4_096);
      while (await connection.read(buffer) !== null) if (answer.length > 0) await connection.write(answer);
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

if (import.meta.main) {
  const full = await unacceptingPeer();
  const grpc = await grpcHealthPeer();
  const ports: Ports = {
    full: full.port,
    silent: listen(""),
    silentTls: listen("", true),
    half: listen(`${ANSWER}o`),
    http: listen(`${ANSWER}ok`),
    https: listen(`${ANSWER}ok`, true),
    grpc: grpc.port,
  };
  console.log(JSON.stringify(ports));
}
