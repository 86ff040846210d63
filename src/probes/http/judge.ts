import type { HttpAction, StatusRange } from "../../config/mod.ts";
import type { Outcome } from "../../model/probe_result.ts";
import type { Quoter } from "../excerpt.ts";
import { fail, type Failure, PASS } from "../probe.ts";
import { type ResponseHead, valuesOf } from "./response_head.ts";

/** Whether the status is one of those expected. */
export function expectsStatus({ expectedStatuses }: HttpAction, status: number): boolean {
  return expectedStatuses.some(({ from, to }) => from <= status && status <= to);
}

/** What a status that was not expected comes to. `body`: as much of it as was read. */
export function unexpectedStatus(
  action: HttpAction,
  { status, phrase }: ResponseHead,
  body: Uint8Array,
  quoter: Quoter,
): Failure {
  const answered = phrase === "" ? `${status}` : `${status} ${quoter.quote(phrase).slice(1, -1)}`;
  const said = body.length === 0 ? "" : `: ${quoter.quote(body)}`;
  return fail("status", `answered ${answered}, expected ${words(action.expectedStatuses)}${said}`);
}

/** Holds headers and body against what the configuration expects. The values themselves are not quoted. */
export function judge(action: HttpAction, head: ResponseHead, body: Uint8Array): Outcome {
  for (const [name, pattern] of Object.entries(action.expectedHeaders)) {
    const values = valuesOf(head, name);
    if (values.some((value) => pattern.finds(value))) continue;
    return fail(
      "headers",
      values.length === 0
        ? `the answer has no header ${name}`
        : `header ${name} does not match /${pattern.source}/`,
    );
  }
  const { matches, notMatches } = action.body ?? {};
  if (!matches && !notMatches) return PASS;
  const text = new TextDecoder().decode(body);
  if (matches && !matches.finds(text)) return fail("body", `the body does not match /${matches.source}/`);
  if (notMatches?.finds(text)) {
    return fail("body", `the body matches /${notMatches.source}/, which it must not`);
  }
  return PASS;
}

function words(ranges: readonly StatusRange[]): string {
  return ranges.map(({ from, to }) => from === to ? `${from}` : `${from}-${to}`).join(", ");
}
