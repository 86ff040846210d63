import type { Endpoint } from "../otel_endpoint.ts";
import { failureOf, gzip, type HttpAnswer, OtlpHttpClient } from "./http_client.ts";
import { noteOf, type ReadAnswer, type Sent, type Transport } from "./transport.ts";

/** Statuses after which OTLP wants another try (OTLP specification, OTLP/HTTP response). */
const RETRYABLE = new Set([429, 502, 503, 504]);

/**
 * OTLP/HTTP. Not by the SDK's own HTTP exporters: those give up on a payload whose Retry-After lies beyond their time
 * limit and don't tell it, and their limit starts anew with each byte that a slow receiver drips.
 */
export class HttpTransport implements Transport {
  readonly target: string;
  readonly #endpoint: Endpoint;
  readonly #client: OtlpHttpClient;
  readonly #readAnswer: ReadAnswer;
  readonly #wallNow: () => number;

  constructor(endpoint: Endpoint, readAnswer: ReadAnswer, wallNow: () => number) {
    this.target = new URL(endpoint.url).origin;
    this.#endpoint = endpoint;
    this.#client = new OtlpHttpClient(endpoint);
    this.#readAnswer = readAnswer;
    this.#wallNow = wallNow;
  }

  async send(body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Sent> {
    const { url, headers, compression, protocol } = this.#endpoint;
    const packed = compression === "gzip";
    try {
      const answer = await this.#client.post(
        url,
        {
          ...headers,
          "content-type": protocol === "http/json" ? "application/json" : "application/x-protobuf",
          ...(packed ? { "content-encoding": "gzip" } : {}),
        },
        packed ? await gzip(body) : body,
        signal,
      );
      return this.#judge(answer);
    } catch (error) {
      return { kind: "later", reason: failureOf(error, url), afterMs: undefined };
    }
  }

  close(): void {
    this.#client.close();
  }

  #judge({ status, headers, body }: HttpAnswer): Sent {
    if (status >= 200 && status < 300) return taken(this.#readAnswer, body);
    const reason = `status ${status}`;
    if (!RETRYABLE.has(status)) return { kind: "refused", reason };
    return { kind: "later", reason, afterMs: parseRetryAfter(headers.get("retry-after"), this.#wallNow()) };
  }
}

/** A success, with what the answer says of items left out. An answer that can't be read says nothing of them. */
export function taken(readAnswer: ReadAnswer, body: Uint8Array): Sent {
  try {
    const { rejected, note } = readAnswer(body);
    return { kind: "accepted", rejected, note: noteOf(note) };
  } catch {
    return { kind: "accepted", rejected: 0, note: "" };
  }
}

/** Retry-After in ms from now: seconds or a date (RFC 9110, 10.2.3); `undefined` without one that makes sense. */
export function parseRetryAfter(text: string | null, wallNowMs: number): number | undefined {
  if (text === null) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - wallNowMs);
}
