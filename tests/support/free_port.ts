/**
 * A TCP port on 127.0.0.1 that was free a moment ago. Another process may take it first: where code under test can
 * listen on port 0 and tell, let it. Also the way to a port on which connecting is refused.
 */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    return listener.addr.port;
  } finally {
    listener.close();
  }
}
