/** What the outside asks of the process. */
export type SignalRequest = "stop" | "reload";

const REQUESTS: SignalRequests = { SIGTERM: "stop", SIGINT: "stop", SIGHUP: "reload" };

/**
 * What Windows has for it: Ctrl+C and Ctrl+Break. At its own end (SIGTERM) and when the console closes (SIGHUP) it ends the process
 * soon after, whatever that does. Nothing there asks for a reload; the configuration file is followed all the same.
 */
const WINDOWS_REQUESTS: SignalRequests = {
  SIGINT: "stop",
  SIGBREAK: "stop",
  SIGTERM: "stop",
  SIGHUP: "stop",
};

type SignalRequests = Readonly<Partial<Record<Deno.Signal, SignalRequest>>>;

/** The signals that mean something on a system, and what they mean. */
export function signalRequests(os: typeof Deno.build.os): SignalRequests {
  return os === "windows" ? WINDOWS_REQUESTS : REQUESTS;
}

/** Listens for the signals that mean something to Bunny until it is disposed of. */
export class Signals implements Disposable {
  readonly #listeners: (readonly [signal: Deno.Signal, listener: () => void])[] = [];

  constructor(onRequest: (request: SignalRequest, signal: Deno.Signal) => void) {
    const requests = Object.entries(signalRequests(Deno.build.os)) as [Deno.Signal, SignalRequest][];
    for (const [signal, request] of requests) {
      const listener = () => onRequest(request, signal);
      Deno.addSignalListener(signal, listener);
      this.#listeners.push([signal, listener]);
    }
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners.splice(0)) Deno.removeSignalListener(signal, listener);
  }
}
