/** What became of one payload, as far as one attempt could tell. */
export type Sent =
  /** Taken. `rejected`: how many items of it the receiver says it left out; `note`: its words about that, or "". */
  | { readonly kind: "accepted"; readonly rejected: number; readonly note: string }
  /** Never to be sent again: the receiver won't have it. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Worth another try, not before `afterMs` where the receiver said so. */
  | { readonly kind: "later"; readonly reason: string; readonly afterMs: number | undefined };

/** One way to one receiver. */
export interface Transport {
  /** Where it goes, for logs; without secrets. */
  readonly target: string;
  /** One attempt. `signal` ends it, and that counts as "later". Never rejects. */
  send(body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Sent>;
  close(): void;
}

/** What a receiver's answer says of a payload that it took in part. @throws when it can't be read */
export type ReadAnswer = (body: Uint8Array) => { readonly rejected: number; readonly note: string };

/** Longest note or reason taken from a receiver, in characters. */
const MAX_NOTE_LENGTH = 200;

/** A receiver's words, fit for a log line. */
export function noteOf(text: string): string {
  return text.replaceAll(/[^\P{C}]+/gu, " ").trim().slice(0, MAX_NOTE_LENGTH);
}
