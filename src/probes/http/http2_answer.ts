import type { HttpAction } from "../../config/mod.ts";
import type { TraceContext } from "../../model/trace.ts";
import type { Quoter } from "../excerpt.ts";
import { Exchange, type ExchangeEvent } from "../http2/exchange.ts";
import type { Header } from "../http2/hpack.ts";
import type { Run } from "../net/run.ts";
import { fail, type Failure } from "../probe.ts";
import type { HttpTarget } from "./redirect.ts";
import { type RequestHeaders, traceLines } from "./request.ts";
import type { BodySink } from "./response_body.ts";
import { MAX_INTERIM, type ResponseHead, valuesOf } from "./response_head.ts";

/** Sends a request without a body. */
export function sendHttp2(
  exchange: Exchange,
  method: HttpAction["method"] | string,
  target: HttpTarget,
  headers: RequestHeaders,
  trace: TraceContext | undefined,
): Promise<void> {
  const lines = [...headers.lines, ...traceLines(headers, trace)];
  return exchange.send([
    [":method", method],
    [":scheme", target.scheme],
    [":path", target.path],
    [":authority", headers.host ?? target.authority],
    ...lines.map(([name, value]): Header => [name.toLowerCase(), value]),
  ], undefined);
}

/** Reads the answer's head, past any interim ones. `isEnd`: there is no body. */
export async function readHttp2Head(
  exchange: Exchange,
  run: Run,
  quoter: Quoter,
): Promise<{ kind: "answer"; head: ResponseHead; isEnd: boolean } | Failure> {
  for (let interim = 0; interim <= MAX_INTERIM; interim++) {
    const event = await exchange.next();
    if (event.kind !== "headers") return failureOf(event, run, quoter);
    const status = event.headers.find(([name]) => name === ":status")?.[1] ?? "";
    if (!/^\d{3}$/.test(status)) return fail("status", "the answer has no status");
    if (Number(status) < 200 && !event.isEnd) continue;
    const head: ResponseHead = { kind: "head", status: Number(status), phrase: "", headers: event.headers };
    return { kind: "answer", head, isEnd: event.isEnd };
  }
  return fail("status", `more than ${MAX_INTERIM} interim (1xx) answers`);
}

/** Reads the body to its end or to the sink's limit; one that has come to its end is as long as its head says. */
export async function readHttp2Body(
  exchange: Exchange,
  { head, isEnd }: { readonly head: ResponseHead; readonly isEnd: boolean },
  method: string,
  sink: BodySink,
  run: Run,
  quoter: Quoter,
): Promise<Failure | undefined> {
  for (let ended = isEnd; !ended;) {
    const event = await exchange.next();
    if (event.kind === "data") sink.add(event.bytes);
    else if (event.kind !== "headers") return failureOf(event, run, quoter);
    if (sink.isFull) return undefined;
    ended = event.isEnd;
  }
  const bytes = announcedBytes(head, method);
  if (bytes === undefined || sink.length === bytes) return undefined;
  if (sink.length > bytes) {
    return fail("body", `the body is longer than the ${bytes} bytes of its content length`);
  }
  return fail("body", `the body ended after ${sink.length} of ${bytes} bytes`);
}

/**
 * The length that the body must have (RFC 9113, 8.1.1). `undefined`: any will do. A length that makes no sense is passed
 * over, as by Go's client: frames tell where the body ends.
 */
function announcedBytes(head: ResponseHead, method: string): number | undefined {
  if (method === "HEAD" || head.status === 204 || head.status === 304) return undefined;
  const lengths = valuesOf(head, "content-length");
  return lengths.length === 1 && /^\d{1,15}$/.test(lengths[0]) ? Number(lengths[0]) : undefined;
}

function failureOf(event: ExchangeEvent, run: Run, quoter: Quoter): Failure {
  switch (event.kind) {
    case "closed":
      return run.cutShort("the connection was closed in the middle of the answer");
    case "not_http2":
      return fail(
        "status",
        `the answer is not HTTP/2: it begins with ${quoter.quote(event.beginning, 40)}`,
      );
    case "reset":
    case "broken":
      return run.cutShort(event.detail);
    case "headers":
    case "data":
      return fail("headers", "the answer has a body before its headers");
  }
}
