import type { Answer, Request } from "../answer.ts";
import type { Route } from "../router.ts";
import { Form } from "./form.ts";
import { ApiProblem } from "./problem.ts";

/** A call's answer: `data` is finished JSON, so that large results are written only once. */
export interface Reply {
  readonly data: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

export const TRUNCATED = "results truncated due to limit";

/** What a call does; throws ApiProblem for what the client did wrong. */
export type Call = (form: Form, request: Request) => Reply | Promise<Reply>;

/** A route of the API: reads the form, wraps the reply, and turns problems into error envelopes. */
export function apiRoute(methods: Route["methods"], call: Call): Route {
  return {
    methods,
    async handle(request) {
      try {
        return success(await call(await Form.of(request), request));
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

function success({ data, warnings = [], infos = [] }: Reply): Answer {
  let body = `{"status":"success","data":${data}`;
  if (warnings.length > 0) body += `,"warnings":${JSON.stringify(warnings)}`;
  if (infos.length > 0) body += `,"infos":${JSON.stringify(infos)}`;
  return { status: 200, contentType: "application/json", body: `${body}}` };
}

export function failure({ type, message, status }: ApiProblem): Answer {
  return {
    status,
    contentType: "application/json",
    body: JSON.stringify({ status: "error", errorType: type, error: message }),
  };
}
