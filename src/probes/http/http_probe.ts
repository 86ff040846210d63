import type { Clock } from "../../base/clock.ts";
import type { HttpAction } from "../../config/mod.ts";
import type { Outcome, ProbeFacts } from "../../model/probe_result.ts";
import type { TraceContext } from "../../model/trace.ts";
import { Quoter } from "../excerpt.ts";
import { Exchange, EXCHANGE_INBOX_BYTES } from "../http2/exchange.ts";
import type { Dialer, PhaseTimes } from "../net/dialer.ts";
import { Inbox } from "../net/inbox.ts";
import { authority } from "../net/resolver.ts";
import { Run } from "../net/run.ts";
import { TlsFiles } from "../net/tls_files.ts";
import type { Wire } from "../net/wire.ts";
import { fail, type Failure, type Probe, type ProbeRun } from "../probe.ts";
import { HeadersFile } from "./headers_file.ts";
import { readHttp2Body, readHttp2Head, sendHttp2 } from "./http2_answer.ts";
import { expectsStatus, judge, unexpectedStatus } from "./judge.ts";
import { type HttpTarget, MAX_REDIRECTS, redirectOf } from "./redirect.ts";
import { encodeRequest, type RequestHeaders, requestHeaders, requestPath, secretsOf } from "./request.ts";
import { BodySink, readBody } from "./response_body.ts";
import { MAX_HEAD_BYTES, readHead, type ResponseHead } from "./response_head.ts";

export interface HttpProbeOptions {
  readonly action: HttpAction;
  readonly timeoutMs: number;
  readonly dialer: Dialer;
  readonly clock: Clock;
}

/** What one run of an HTTP probe finds out. */
interface Findings {
  readonly phases: PhaseTimes;
  status: number | undefined;
  redirects: number;
  certificateExpirySeconds: number | undefined;
  warning: string | undefined;
}

/** An answer whose body is still to be read. */
interface Answer {
  readonly kind: "answer";
  readonly head: ResponseHead;
  /** @returns what is wrong with the body, if anything is */
  readBody(sink: BodySink): Promise<Failure | undefined>;
}

type Hop = Outcome | { readonly kind: "follow"; readonly target: HttpTarget; readonly method: string };

/**
 * Asks over HTTP as the kubelet does: a fresh connection each time, redirects within the host, the first 10 KiB of
 * the body. One's own exchange on a plain connection costs half of what `fetch` does, reaches every port, and can
 * tell what exactly went wrong.
 */
export class HttpProbe implements Probe {
  readonly #action: HttpAction;
  readonly #timeoutMs: number;
  readonly #dialer: Dialer;
  readonly #clock: Clock;
  readonly #target: HttpTarget;
  readonly #tls: TlsFiles;
  readonly #headersFile: HeadersFile | undefined;
  readonly #quoter: Quoter;
  #headers: RequestHeaders;
  #headersVersion = 0;

  constructor({ action, timeoutMs, dialer, clock }: HttpProbeOptions) {
    this.#action = action;
    this.#timeoutMs = timeoutMs;
    this.#dialer = dialer;
    this.#clock = clock;
    this.#target = {
      scheme: action.scheme === "HTTPS" ? "https" : "http",
      host: action.host,
      port: action.port,
      path: requestPath(action.path),
      authority: authority(action.host, action.port),
    };
    this.#tls = new TlsFiles(action.tls, clock);
    this.#headersFile = action.headersFromFile === undefined
      ? undefined
      : new HeadersFile(action.headersFromFile, clock);
    this.#quoter = new Quoter(secretsOf(action.headers));
    this.#headers = requestHeaders(action.headers);
  }

  async run(signal: AbortSignal, trace: TraceContext | undefined): Promise<ProbeRun> {
    using run = new Run({ signal, clock: this.#clock, timeoutMs: this.#timeoutMs });
    const findings: Findings = {
      phases: {},
      status: undefined,
      redirects: 0,
      certificateExpirySeconds: undefined,
      warning: undefined,
    };
    let outcome: Outcome;
    try {
      outcome = await this.#follow(run, trace, findings);
    } catch (error) {
      outcome = run.failure(error);
    }
    const warning = outcome.kind === "pass" ? findings.warning : undefined;
    return { outcome, facts: this.#facts(findings), events: run.events, warning };
  }

  async #follow(run: Run, trace: TraceContext | undefined, findings: Findings): Promise<Outcome> {
    const failure = this.#headersFile && await this.#readHeadersFile(this.#headersFile);
    if (failure) return failure;
    let target = this.#target;
    let method: string = this.#action.method;
    for (;;) {
      const hop = await this.#hop(run, target, method, trace, findings);
      if (hop.kind !== "follow") return hop;
      if (findings.redirects === MAX_REDIRECTS) {
        return fail("redirect", `redirected more than ${MAX_REDIRECTS} times`);
      }
      findings.redirects++;
      ({ target, method } = hop);
      run.note("redirect", {
        "http.response.status_code": findings.status ?? 0,
        "url.scheme": target.scheme,
        "server.port": target.port,
      });
    }
  }

  /** One request and its answer. */
  async #hop(
    run: Run,
    target: HttpTarget,
    method: string,
    trace: TraceContext | undefined,
    findings: Findings,
  ): Promise<Hop> {
    const isHttp2 = this.#action.protocol === "h2c" && target.scheme === "http";
    const tls = target.scheme === "https" ? this.#tls : undefined;
    const dialed = await this.#dialer.dial(
      run,
      { host: target.host, port: target.port, tls, alpn: [] },
      findings.phases,
    );
    if (dialed.kind === "fail") return dialed;
    findings.certificateExpirySeconds = dialed.certificateExpirySeconds ?? findings.certificateExpirySeconds;
    const { wire } = dialed;
    using inbox = new Inbox(wire, this.#dialer.pool, run, isHttp2 ? EXCHANGE_INBOX_BYTES : MAX_HEAD_BYTES);

    run.enter(`waiting for an answer from ${authority(target.host, target.port)}`, "connect");
    const askedAt = run.now();
    const answer = isHttp2
      ? await this.#askHttp2(run, new Exchange(wire, inbox), target, method, trace)
      : await this.#ask(run, wire, inbox, target, method, trace);
    const answeredAt = run.now();
    addPhase(findings.phases, "processing", answeredAt - askedAt);
    if (answer.kind === "fail") return answer;

    findings.status = answer.head.status;
    const hop = this.#redirect(run, answer.head, target, method, findings) ?? await this.#judge(run, answer);
    addPhase(findings.phases, "transfer", run.now() - answeredAt);
    run.letGo(wire);
    return hop;
  }

  async #ask(
    run: Run,
    wire: Wire,
    inbox: Inbox,
    target: HttpTarget,
    method: string,
    trace: TraceContext | undefined,
  ): Promise<Answer | Failure> {
    await wire.write(encodeRequest(method, target.path, target.authority, this.#headers, trace));
    const head = await readHead(inbox, run, this.#quoter);
    if (head.kind === "fail") return head;
    return { kind: "answer", head, readBody: (sink) => readBody(inbox, head, method, sink) };
  }

  async #askHttp2(
    run: Run,
    exchange: Exchange,
    target: HttpTarget,
    method: string,
    trace: TraceContext | undefined,
  ): Promise<Answer | Failure> {
    await sendHttp2(exchange, method, target, this.#headers, trace);
    const answer = await readHttp2Head(exchange, run, this.#quoter);
    if (answer.kind === "fail") return answer;
    return {
      kind: "answer",
      head: answer.head,
      readBody: (sink) => readHttp2Body(exchange, answer, method, sink, run, this.#quoter),
    };
  }

  #redirect(
    run: Run,
    head: ResponseHead,
    target: HttpTarget,
    method: string,
    findings: Findings,
  ): Hop | undefined {
    if (!this.#action.followRedirects) return undefined;
    const redirect = redirectOf(head, target, method, this.#quoter);
    if (redirect.kind === "none") return undefined;
    if (redirect.kind !== "elsewhere") return redirect;
    const host = this.#quoter.quote(redirect.host);
    findings.warning = `answered ${head.status}, a redirect to another host (${host}), which is not followed`;
    run.note("redirect not followed", { "http.response.status_code": head.status });
    return undefined;
  }

  /** A status that tells enough counts more than a body that breaks off. */
  async #judge(run: Run, answer: Answer): Promise<Outcome> {
    const { head } = answer;
    const isExpected = expectsStatus(this.#action, head.status);
    const sink = new BodySink(!isExpected || this.#action.body !== undefined);
    run.enter("reading the answer's body", "body");
    if (isExpected) return await answer.readBody(sink) ?? judge(this.#action, head, sink.bytes());
    try {
      await answer.readBody(sink);
    } catch (error) {
      run.failure(error); // throws what is a mistake of ours
    }
    return unexpectedStatus(this.#action, head, sink.bytes(), this.#quoter);
  }

  async #readHeadersFile(file: HeadersFile): Promise<Failure | undefined> {
    const read = await file.read();
    if (read.kind === "fail") return read;
    if (read.version === this.#headersVersion) return undefined;
    const inFile = new Set(read.headers.map(({ name }) => name.toLowerCase()));
    const all = [
      ...this.#action.headers.filter(({ name }) => !inFile.has(name.toLowerCase())),
      ...read.headers,
    ];
    this.#headers = requestHeaders(all);
    this.#quoter.hide(secretsOf(all));
    this.#headersVersion = read.version;
  }

  #facts({ phases, status, redirects, certificateExpirySeconds }: Findings): ProbeFacts {
    return {
      httpStatusCode: status,
      httpRedirects: status === undefined ? undefined : redirects,
      httpPhasesMs: phases,
      certificateExpirySeconds,
      serverAddress: this.#target.host,
      serverPort: this.#target.port,
    };
  }
}

function addPhase(phases: PhaseTimes, phase: "processing" | "transfer", ms: number): void {
  phases[phase] = (phases[phase] ?? 0) + ms;
}
