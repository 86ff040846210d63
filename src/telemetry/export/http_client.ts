import { concat } from "../../base/bytes.ts";
import { messageOf } from "../../base/errors.ts";
import { VERSION } from "../../model/version.ts";
import type { Endpoint } from "../otel_endpoint.ts";

/** Most bytes of an answer that are read; OTLP's answers are tiny. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** An answer, read to its end or to the limit. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * `fetch` with connections of its own, for one endpoint. A connection that failed may be dead without knowing it (an
 * address that moved, a firewall that forgot), so after a failure the next request starts with new ones, and with the
 * TLS files as they are then.
 */
export class OtlpHttpClient {
  readonly #endpoint: Endpoint;
  #client: Deno.HttpClient | undefined;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** @throws whatever keeps an answer from coming, `signal`'s abort included */
  async post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    try {
      this.#client ??= await openClient(this.#endpoint);
      signal.throwIfAborted();
      const response = await fetch(url, {
        method: "POST",
        headers: { "user-agent": `bunny/${VERSION}`, ...headers },
        body,
        signal,
        redirect: "manual", // the headers are meant for this host alone
        client: this.#client,
      });
      return { status: response.status, headers: response.headers, body: await readBody(response) };
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}

/** What kept an answer from coming, in one sentence. The address may hold a key: only its origin is told. */
export function failureOf(error: unknown, url: string): string {
  const reason = messageOf(error instanceof TypeError && error.cause ? error.cause : error);
  return reason.replaceAll(url, new URL(url).origin);
}

async function openClient(endpoint: Endpoint): Promise<Deno.HttpClient> {
  const { caFile, certFile, keyFile, protocol } = endpoint;
  // One after the other: a file that can't be read leaves no other read behind.
  const ca = await readPem(caFile);
  const cert = await readPem(certFile);
  const key = await readPem(keyFile);
  const versions = protocol === "grpc" ? { http1: false, http2: true } : { http1: true, http2: false };
  const caCerts = ca === undefined ? [] : [ca];
  return Deno.createHttpClient(
    cert === undefined || key === undefined ? { ...versions, caCerts } : { ...versions, caCerts, cert, key },
  );
}

async function readPem(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : await Deno.readTextFile(path);
}

async function readBody(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) break; // leaving the loop cancels the rest
  }
  return concat(chunks);
}

/** The gzip form of some bytes. */
export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return await new Response(packed).bytes();
}
