/** What a route has to say. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  /** Bytes are used up by being sent. */
  readonly body: string | Uint8Array | Pieces;
  /** Further header fields. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A body that is made while it is sent: each piece a moment's work, on its turn, asked for when the client has taken
 * those before it. For answers that would take too much time or room to make at once. What it throws ends the
 * connection. Nothing is open in it before the first piece has been asked for.
 */
export type Pieces = AsyncGenerator<string, void, void>;

/** A request as routes see it: bounded, decoded, without the socket. */
export interface Request {
  readonly method: string;
  /** Without the leading slash and the query, percent-decoded segment by segment. */
  readonly path: string;
  readonly parameters: URLSearchParams;
  /** A header field by its lower-case name; "" when absent. Repeated fields are joined by ", ". */
  header(name: string): string;
  /** The body, at most MAX_BODY_BYTES of it, read within the server's read time-out. */
  body(): Promise<BodyResult>;
  /** Aborts when the client has gone or its answer is overdue. */
  readonly signal: AbortSignal;
}

export type BodyResult =
  | { readonly kind: "ok"; readonly bytes: Uint8Array }
  | { readonly kind: "too_large" }
  /** Other requests' bodies take all the room that there is. */
  | { readonly kind: "no_room" }
  | { readonly kind: "broken" };

/** Largest request body that is read: the longest query fits, with every character of it escaped. */
export const MAX_BODY_BYTES = 384 * 1024;

/** Parameters that a request may have: to read one costs a microsecond, and nothing else happens meanwhile. */
const MAX_PARAMETERS = 1_000;

/** Whether an encoded list of parameters is longer than anybody's need be. */
export function hasTooManyParameters(encoded: string): boolean {
  let count = 1;
  for (let at = encoded.indexOf("&"); at >= 0; at = encoded.indexOf("&", at + 1)) {
    if (++count > MAX_PARAMETERS) return true;
  }
  return false;
}

export function text(status: number, body: string, headers?: Readonly<Record<string, string>>): Answer {
  return { status, contentType: "text/plain; charset=utf-8", body, headers };
}

export function json(status: number, value: unknown): Answer {
  return { status, contentType: "application/json", body: JSON.stringify(value) };
}
