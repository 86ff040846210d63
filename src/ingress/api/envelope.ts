import type { Answer, Pieces, Request } from "../answer.ts";
import type { Route } from "../router.ts";
import { Form } from "./form.ts";
import { ApiProblem } from "./problem.ts";
import type { Share, Work } from "./share.ts";

/** A call's answer. */
export interface Reply {
  /** Finished JSON, whole or in pieces. */
  readonly data: string | Iterable<string>;
  /** Samples that the pieces are made from. */
  readonly samples?: number;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

export const TRUNCATED = "results truncated due to limit";

/**
 * What a call does; throws ApiProblem for what the client did wrong. It works on its turn when it is called; one that
 * waits for something, or works for long, says so to `work`.
 */
export type Call = (form: Form, request: Request, work: Work) => Reply | Promise<Reply>;

/** A route of the API: reads the form, wraps the reply, and turns problems into error envelopes. */
export function apiRoute(methods: Route["methods"], call: Call, share: Share): Route {
  return {
    methods,
    async handle(request) {
      try {
        const body = request.method === "POST" ? await request.body() : undefined;
        using work = share.begin();
        return await work.onTurn(async () => {
          const form = Form.of(request, body);
          if (work.isDue) await work.turn();
          return success(await call(form, request, work), share);
        });
      } catch (error) {
        if (error instanceof ApiProblem) return failure(error);
        throw error;
      }
    },
  };
}

export function reply(value: unknown, warnings?: readonly string[]): Reply {
  return { data: JSON.stringify(value), warnings };
}

function success({ data, samples = 0, warnings = [], infos = [] }: Reply, share: Share): Answer {
  let end = "";
  if (warnings.length > 0) end += `,"warnings":${JSON.stringify(warnings)}`;
  if (infos.length > 0) end += `,"infos":${JSON.stringify(infos)}`;
  const answer = (body: Answer["body"]): Answer => ({ status: 200, contentType: "application/json", body });
  if (typeof data === "string") return answer(`${BEGINNING}${data}${end}}`);
  const pieces = data[Symbol.iterator]();
  const first = pieces.next();
  const second = first.done ? first : pieces.next();
  if (second.done) return answer(`${BEGINNING}${first.value ?? ""}${end}}`);
  return answer(inTurns(BEGINNING + first.value + second.value, pieces, `${end}}`, samples, share));
}

const BEGINNING = `{"status":"success","data":`;

/** A large reply's body: a piece a turn. */
async function* inTurns(
  beginning: string,
  pieces: Iterator<string>,
  end: string,
  samples: number,
  share: Share,
): Pieces {
  using _held = share.hold(samples);
  using work = share.begin();
  try {
    yield beginning;
    for (;;) {
      const { value, done } = await work.onTurn(() => pieces.next());
      work.rest();
      if (done) break;
      yield value;
    }
    yield end;
  } finally {
    pieces.return?.(); // the client may have gone before the end
  }
}

export function failure({ type, message, status }: ApiProblem): Answer {
  return {
    status,
    contentType: "application/json",
    body: JSON.stringify({ status: "error", errorType: type, error: message }),
  };
}
