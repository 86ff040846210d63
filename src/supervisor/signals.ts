/** What the outside asks of the process. */
export type SignalRequest = "stop" | "reload";

const REQUESTS: Readonly<Partial<Record<Deno.Signal, SignalRequest>>> = {
  SIGTERM: "stop",
  SIGINT: "stop",
  SIGHUP: "reload",
};

/** Listens for the signals that mean something to Bunny until it is disposed of. */
export class Signals implements Disposable {
  readonly #listeners: (readonly [signal: Deno.Signal, listener: () => void])[] = [];

  constructor(onRequest: (request: SignalRequest, signal: Deno.Signal) => void) {
    for (const [signal, request] of Object.entries(REQUESTS) as [Deno.Signal, SignalRequest][]) {
      if (Deno.build.os === "windows" && signal === "SIGTERM") continue; // Windows knows only SIGINT and SIGBREAK
      const listener = () => onRequest(request, signal);
      Deno.addSignalListener(signal, listener);
      this.#listeners.push([signal, listener]);
    }
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners.splice(0)) Deno.removeSignalListener(signal, listener);
  }
}
