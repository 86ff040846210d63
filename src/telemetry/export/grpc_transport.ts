import { percentDecoded } from "../../base/text.ts";
import type { Endpoint, Signal } from "../otel_endpoint.ts";
import { retryDelayOf } from "./grpc_retry_info.ts";
import { failureOf, gzip, type HttpAnswer, OtlpHttpClient } from "./http_client.ts";
import { taken } from "./http_transport.ts";
import { noteOf, type ReadAnswer, type Sent, type Transport } from "./transport.ts";

const METHODS: Readonly<Record<Signal, string>> = {
  traces: "opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
};

const RESOURCE_EXHAUSTED = 8;
/** CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS (OTLP specification, OTLP/gRPC failures). */
const RETRYABLE = new Set([1, 4, 10, 11, 14, 15]);

/** A message's prefix: │ compressed <1b> │ length <4b, BE> │ */
const PREFIX_BYTES = 5;

/**
 * OTLP/gRPC over `fetch` with HTTP/2. `fetch` shows no trailers, so a call's status is known in two cases, which are
 * all that unary calls need: an answer without a message carries it in its headers, and a message means OK.
 */
export class GrpcTransport implements Transport {
  readonly target: string;
  readonly #endpoint: Endpoint;
  readonly #url: string;
  readonly #client: OtlpHttpClient;
  readonly #readAnswer: ReadAnswer;

  constructor(endpoint: Endpoint, signal: Signal, readAnswer: ReadAnswer) {
    this.target = new URL(endpoint.url).origin;
    this.#endpoint = endpoint;
    this.#url = `${this.target}/${METHODS[signal]}`;
    this.#client = new OtlpHttpClient(endpoint);
    this.#readAnswer = readAnswer;
  }

  async send(body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Sent> {
    const { headers, compression, timeoutMs } = this.#endpoint;
    const packed = compression === "gzip";
    try {
      const answer = await this.#client.post(
        this.#url,
        {
          ...headers,
          "content-type": "application/grpc",
          te: "trailers",
          "grpc-timeout": `${Math.min(timeoutMs, 99_999_999)}m`,
          ...(packed ? { "grpc-encoding": "gzip" } : {}),
        },
        framed(packed ? await gzip(body) : body, packed),
        signal,
      );
      return this.#judge(answer);
    } catch (error) {
      return { kind: "later", reason: failureOf(error, this.#url), afterMs: undefined };
    }
  }

  close(): void {
    this.#client.close();
  }

  #judge({ status, headers, body }: HttpAnswer): Sent {
    if (status !== 200) {
      const reason = `status ${status}`;
      // What a gRPC client makes of a plain HTTP answer (gRPC, HTTP to gRPC status code mapping)
      return [429, 502, 503, 504].includes(status)
        ? { kind: "later", reason, afterMs: undefined }
        : { kind: "refused", reason };
    }
    if (!headers.get("content-type")?.startsWith("application/grpc")) {
      return { kind: "refused", reason: "the answer is not gRPC's" };
    }
    const code = headers.get("grpc-status");
    if (code !== null && code !== "0") return failed(Number(code), headers);
    if (body.length < PREFIX_BYTES) {
      return { kind: "later", reason: "the answer broke off", afterMs: undefined };
    }
    const isPacked = body[0] === 1;
    return taken(
      isPacked ? () => ({ rejected: 0, note: "" }) : this.#readAnswer,
      body.subarray(PREFIX_BYTES),
    );
  }
}

function failed(code: number, headers: Headers): Sent {
  const encoded = headers.get("grpc-message") ?? "";
  const message = noteOf(percentDecoded(encoded) ?? encoded);
  const reason = message === "" ? `grpc status ${code}` : `grpc status ${code}: ${message}`;
  const afterMs = retryDelayOf(headers.get("grpc-status-details-bin"));
  const worthIt = RETRYABLE.has(code) || (code === RESOURCE_EXHAUSTED && afterMs !== undefined);
  return worthIt ? { kind: "later", reason, afterMs } : { kind: "refused", reason };
}

function framed(message: Uint8Array, packed: boolean): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(PREFIX_BYTES + message.length);
  frame[0] = packed ? 1 : 0;
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, PREFIX_BYTES);
  return frame;
}
