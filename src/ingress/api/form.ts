import { parsePromDuration } from "../../base/duration.ts";
import { type BodyResult, hasTooManyParameters, type Request } from "../answer.ts";
import { ApiProblem } from "./problem.ts";

/** Earliest and latest time that the API speaks of when a request names none, ms. */
export const MIN_TIME_MS = -8.64e15;
export const MAX_TIME_MS = 8.64e15;

/** The parameters of one call: those of the URL and, in a POST, those of the form, which come first. */
export class Form {
  readonly #parameters: URLSearchParams;

  constructor(parameters: URLSearchParams) {
    this.#parameters = parameters;
  }

  /** `body`: that of a POST. @throws ApiProblem when it is too large, broken or no form */
  static of(request: Request, body: BodyResult | undefined): Form {
    if (!body) return new Form(request.parameters);
    if (body.kind === "no_room") {
      throw new ApiProblem("unavailable", "too many large requests at once");
    }
    if (body.kind !== "ok") {
      throw unreadable(`the body is ${body.kind === "broken" ? "incomplete" : "too large"}`);
    }
    const type = request.header("content-type").split(";")[0].trim().toLowerCase();
    if (body.bytes.length > 0 && type !== "application/x-www-form-urlencoded") {
      throw unreadable(`Content-Type is ${JSON.stringify(type)}`);
    }
    const text = new TextDecoder().decode(body.bytes);
    if (hasTooManyParameters(text)) throw unreadable("there are too many parameters");
    const form = new URLSearchParams(text);
    for (const [name, value] of request.parameters) form.append(name, value);
    return new Form(form);
  }

  /** "" when absent. */
  text(name: string): string {
    return this.#parameters.get(name) ?? "";
  }

  all(name: string): string[] {
    return this.#parameters.getAll(name);
  }

  /** A time in ms: unix seconds with a fraction, or RFC 3339. @throws ApiProblem */
  time(name: string, absent?: number): number {
    const value = this.text(name);
    if (value === "" && absent !== undefined) return absent;
    const timeMs = parseTime(value);
    if (timeMs === undefined) {
      const message = `cannot parse ${JSON.stringify(value)} to a valid timestamp`;
      throw invalid(name, absent === undefined ? message : `invalid time value for '${name}': ${message}`);
    }
    return timeMs;
  }

  /**
   * A duration in ms, to the nanosecond: seconds with a fraction, or Prometheus' syntax. `undefined`: absent.
   * @throws ApiProblem
   */
  duration(name: string): number | undefined {
    const value = this.text(name);
    return value === "" ? undefined : this.requiredDuration(name);
  }

  /** @throws ApiProblem */
  requiredDuration(name: string): number {
    const value = this.text(name);
    const durationMs = isNumber(value) ? Math.round(Number(value) * 1e9) / 1e6 : parsePromDuration(value);
    if (durationMs === undefined || Math.abs(durationMs) > MAX_TIME_MS) {
      throw invalid(name, `cannot parse ${JSON.stringify(value)} to a valid duration`);
    }
    return durationMs;
  }

  /** 0: no limit. @throws ApiProblem */
  limit(): number {
    const limit = this.#wholeNumber("limit");
    if (limit === undefined) return 0;
    if (Number.isNaN(limit)) throw invalid("limit", "limit must be a number");
    if (limit < 0) throw invalid("limit", "limit must be non-negative");
    return limit;
  }

  /** A limit of the calls that tell a limit of 0 from none. `undefined`: absent. @throws ApiProblem */
  signedLimit(name: string): number | undefined {
    const limit = this.#wholeNumber(name);
    if (Number.isNaN(limit)) throw new ApiProblem("bad_data", `${name} must be a number`);
    return limit;
  }

  /** `undefined`: absent. NaN: it is none. */
  #wholeNumber(name: string): number | undefined {
    const value = this.text(name);
    if (value === "") return undefined;
    return /^[+-]?\d{1,15}$/.test(value) ? Number(value) : NaN;
  }
}

export function invalid(parameter: string, message: string): ApiProblem {
  return new ApiProblem("bad_data", `invalid parameter ${JSON.stringify(parameter)}: ${message}`);
}

function unreadable(why: string): ApiProblem {
  return new ApiProblem("bad_data", `error parsing form values: ${why}`);
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/;

function isNumber(text: string): boolean {
  return text.length <= 64 && NUMBER.test(text);
}

const RFC3339 = /^\d{4}-\d\d-(\d\d)T([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** What Prometheus' own clients send for its first and its last moment; RFC 3339 has no such years. */
const BOUNDARIES: Readonly<Record<string, number>> = {
  "-292273086-05-16T16:47:06Z": MIN_TIME_MS,
  "292277025-08-18T07:12:54.999999999Z": MAX_TIME_MS,
};

/** A time beyond the first or the last is that one: nothing is stored further out. */
function parseTime(text: string): number | undefined {
  if (isNumber(text)) {
    const seconds = Number(text);
    if (!Number.isFinite(seconds)) return undefined;
    return Math.min(Math.max(Math.round(seconds * 1_000), MIN_TIME_MS), MAX_TIME_MS);
  }
  const [found, day] = RFC3339.exec(text) ?? [];
  if (found === undefined) return Object.hasOwn(BOUNDARIES, text) ? BOUNDARIES[text] : undefined;
  const timeMs = Date.parse(text);
  // Date.parse goes on into the next month: 30 February is 2 March to it.
  const isDay = new Date(Date.parse(`${text.slice(0, 10)}T00:00:00Z`)).getUTCDate() === Number(day);
  return Number.isNaN(timeMs) || !isDay ? undefined : timeMs;
}
