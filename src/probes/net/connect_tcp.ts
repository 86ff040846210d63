const NEVER_THROWS = () => {};

/**
 * Connects in the clear. `Deno.connect` rejects whenever its signal has aborted by the time it is done, even when it
 * has connected in the very same moment, and that connection is then open for ever. So it gets a signal of its own
 * that cancels but never throws, and what arrives too late is closed here.
 */
export async function connectTcp(hostname: string, port: number, signal: AbortSignal): Promise<Deno.TcpConn> {
  signal.throwIfAborted();
  const cancel = new AbortController();
  cancel.signal.throwIfAborted = NEVER_THROWS;
  const onAbort = () => cancel.abort();
  signal.addEventListener("abort", onAbort);
  try {
    const connection = await Deno.connect({ hostname, port, signal: cancel.signal });
    if (!signal.aborted) return connection;
    connection.close();
    throw signal.reason;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
