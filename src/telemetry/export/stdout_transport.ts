import type { Sent, Transport } from "./transport.ts";

/** Writes each payload as one line: OTLP's JSON encoding, as the specification's file exporter has it. */
export class StdoutTransport implements Transport {
  readonly target = "stdout";
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  send(body: Uint8Array): Promise<Sent> {
    try {
      this.#print(new TextDecoder().decode(body));
      return Promise.resolve({ kind: "accepted", rejected: 0, note: "" });
    } catch {
      return Promise.resolve({ kind: "later", reason: "can't write to stdout", afterMs: undefined });
    }
  }

  close(): void {}
}
