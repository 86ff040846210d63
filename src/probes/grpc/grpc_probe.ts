import { concat } from "../../base/bytes.ts";
import type { Clock } from "../../base/clock.ts";
import { type GrpcAction, isReservedMetadata } from "../../config/mod.ts";
import type { Outcome } from "../../model/probe_result.ts";
import { type TraceContext, traceparent } from "../../model/trace.ts";
import { VERSION } from "../../model/version.ts";
import { Quoter } from "../excerpt.ts";
import { Exchange, EXCHANGE_INBOX_BYTES, type ExchangeEvent } from "../http2/exchange.ts";
import { MAX_INTERIM } from "../http/response_head.ts";
import type { Header } from "../http2/hpack.ts";
import type { Dialer } from "../net/dialer.ts";
import { Inbox } from "../net/inbox.ts";
import { authority } from "../net/resolver.ts";
import { Run } from "../net/run.ts";
import { TlsFiles } from "../net/tls_files.ts";
import { fail, type Failure, PASS, type Probe, type ProbeRun } from "../probe.ts";
import { decodeCheck, encodeCheck, SERVING, statusName } from "./health_message.ts";
import { codeName, decodeMessage, OK, UNIMPLEMENTED } from "./status_code.ts";

/** A health answer is seven bytes long; someone who sends more than this is no health service. */
const MAX_ANSWER_BYTES = 16 * 1024;

export interface GrpcProbeOptions {
  readonly action: GrpcAction;
  readonly timeoutMs: number;
  readonly dialer: Dialer;
  readonly clock: Clock;
}

interface Findings {
  code: number | undefined;
  certificateExpirySeconds: number | undefined;
}

/** What the call came to, as far as gRPC itself is concerned. */
interface Call {
  readonly kind: "call";
  readonly code: number;
  readonly message: string;
  readonly body: Uint8Array;
}

/**
 * Asks `grpc.health.v1.Health/Check` over a fresh HTTP/2 connection (gRPC health checking protocol). One's own
 * exchange: `node:http2` can abort the process, and `fetch` can't leave out verification nor reach every port.
 */
export class GrpcProbe implements Probe {
  readonly #action: GrpcAction;
  readonly #timeoutMs: number;
  readonly #dialer: Dialer;
  readonly #clock: Clock;
  readonly #tls: TlsFiles | undefined;
  readonly #quoter: Quoter;
  readonly #request: Uint8Array;
  readonly #headers: readonly Header[];
  readonly #bringsTrace: boolean;

  constructor({ action, timeoutMs, dialer, clock }: GrpcProbeOptions) {
    this.#action = action;
    this.#timeoutMs = timeoutMs;
    this.#dialer = dialer;
    this.#clock = clock;
    this.#tls = action.tls && new TlsFiles(action.tls, clock);
    this.#quoter = new Quoter(action.metadata.map(({ value }) => value));
    this.#request = encodeCheck(action.service);
    const metadata = action.metadata.map(({ name, value }): Header => [name.toLowerCase(), value]);
    this.#bringsTrace = metadata.some(([name]) => name === "traceparent");
    this.#headers = [
      [":method", "POST"],
      [":scheme", action.tls ? "https" : "http"],
      [":path", "/grpc.health.v1.Health/Check"],
      [":authority", authority(action.host, action.port)],
      ["te", "trailers"],
      ["content-type", "application/grpc"],
      ["user-agent", `bunny/${VERSION}`],
      ["grpc-timeout", grpcTimeout(timeoutMs)],
      ...metadata.filter(([name]) => !isReservedMetadata(name)),
    ];
  }

  async run(signal: AbortSignal, trace: TraceContext | undefined): Promise<ProbeRun> {
    using run = new Run({ signal, clock: this.#clock, timeoutMs: this.#timeoutMs });
    const findings: Findings = { code: undefined, certificateExpirySeconds: undefined };
    let outcome: Outcome;
    try {
      outcome = await this.#ask(run, trace, findings);
    } catch (error) {
      outcome = run.failure(error);
    }
    const facts = {
      grpcStatusCode: findings.code,
      certificateExpirySeconds: findings.certificateExpirySeconds,
      serverAddress: this.#action.host,
      serverPort: this.#action.port,
    };
    return { outcome, facts, events: run.events };
  }

  async #ask(run: Run, trace: TraceContext | undefined, findings: Findings): Promise<Outcome> {
    const { host, port } = this.#action;
    const dialed = await this.#dialer.dial(
      run,
      { host, port, tls: this.#tls, alpn: this.#tls ? ["h2"] : [] },
      {},
    );
    if (dialed.kind === "fail") return dialed;
    findings.certificateExpirySeconds = dialed.certificateExpirySeconds;
    using inbox = new Inbox(dialed.wire, this.#dialer.pool, run, EXCHANGE_INBOX_BYTES);
    const exchange = new Exchange(dialed.wire, inbox);
    run.enter(`waiting for an answer from ${authority(host, port)}`, "rpc");
    const traced = trace && !this.#bringsTrace;
    await exchange.send(
      traced ? [...this.#headers, ["traceparent", traceparent(trace)]] : this.#headers,
      this.#request,
    );
    const call = await this.#receive(run, exchange);
    if (call.kind === "fail") return call;
    findings.code = call.code;
    return this.#judge(call);
  }

  /** An answer is headers, messages and trailers, or headers alone that say all ("trailers-only"). */
  async #receive(run: Run, exchange: Exchange): Promise<Call | Failure> {
    let hasHead = false;
    let interim = 0;
    let body: Uint8Array = new Uint8Array();
    for (;;) {
      const event = await exchange.next();
      if (event.kind === "headers") {
        if (!hasHead) {
          const status = valueOf(event, ":status");
          if (status?.startsWith("1") && !event.isEnd) {
            if (++interim > MAX_INTERIM) return fail("rpc", `more than ${MAX_INTERIM} interim (1xx) answers`);
            continue;
          }
          const failure = this.#refuseHead(status, valueOf(event, "content-type"));
          if (failure) return failure;
          hasHead = true;
        }
        if (event.isEnd) return this.#end(event, body);
        continue;
      }
      if (event.kind !== "data") return this.#lost(event, run);
      if (body.length + event.bytes.length > MAX_ANSWER_BYTES) {
        return fail("rpc", "the answer is too long for a health check");
      }
      body = concat([body, event.bytes]);
      if (event.isEnd) return fail("rpc", "the call ended without a gRPC status");
    }
  }

  #refuseHead(status: string | undefined, contentType: string | undefined): Failure | undefined {
    if (status !== "200") {
      return fail("rpc", `answered HTTP status ${this.#quoter.quote(status ?? "")}, which is not gRPC`);
    }
    if (contentType?.startsWith("application/grpc")) return undefined;
    return fail(
      "rpc",
      `answered with content type ${this.#quoter.quote(contentType ?? "")}, which is not gRPC`,
    );
  }

  #end(event: ExchangeEvent & { kind: "headers" }, body: Uint8Array): Call | Failure {
    const code = valueOf(event, "grpc-status");
    if (code === undefined || !/^\d{1,9}$/.test(code)) {
      return fail("rpc", "the call ended without a gRPC status");
    }
    const message = decodeMessage(valueOf(event, "grpc-message") ?? "");
    return { kind: "call", code: Number(code), message, body };
  }

  #lost(event: Exclude<ExchangeEvent, { kind: "headers" | "data" }>, run: Run): Failure {
    switch (event.kind) {
      case "closed":
        return run.cutShort("the connection was closed before the call's end");
      case "not_http2":
        return fail(
          "rpc",
          `the answer is not HTTP/2: it begins with ${this.#quoter.quote(event.beginning, 40)}`,
        );
      case "reset":
      case "broken":
        return fail("rpc", event.detail);
    }
  }

  #judge({ code, message, body }: Call): Outcome {
    if (code !== OK) {
      const said = message === "" ? "" : `: ${this.#quoter.quote(message)}`;
      if (code === UNIMPLEMENTED) {
        return fail("unimplemented", `the server has no grpc.health.v1.Health (UNIMPLEMENTED${said})`);
      }
      return fail("rpc", `the call ended with ${codeName(code)}${said}`);
    }
    const check = decodeCheck(body);
    if (check.kind === "broken") return fail("rpc", check.detail);
    if (check.status === SERVING) return PASS;
    const { service } = this.#action;
    const whose = service === "" ? "the server" : `service ${JSON.stringify(service)}`;
    return fail("not_serving", `${whose} is ${statusName(check.status)}`);
  }
}

/** The limit as the server is told it: at most eight digits and a unit. */
function grpcTimeout(timeoutMs: number): string {
  const ms = Math.ceil(timeoutMs);
  return ms < 1e8 ? `${ms}m` : `${Math.ceil(ms / 1_000)}S`;
}

function valueOf(event: { readonly headers: readonly Header[] }, name: string): string | undefined {
  return event.headers.find((header) => header[0] === name)?.[1];
}
