import { percentDecoded } from "../../base/text.ts";
import { type BodyResult, hasTooManyParameters, type Request } from "../answer.ts";
import type { Departure } from "./departure.ts";
import type { Head } from "./head.ts";

/** A request on a connection. Its parameters are read, and its signal made, for those who ask. */
export class Incoming implements Request {
  readonly method: string;
  readonly path: string;
  readonly body: () => Promise<BodyResult>;
  readonly #query: string;
  readonly #fields: Head["fields"];
  readonly #departure: Departure;
  #parameters: URLSearchParams | undefined;

  private constructor(
    { method, fields }: Head,
    path: string,
    query: string,
    departure: Departure,
    body: () => Promise<BodyResult>,
  ) {
    this.method = method;
    this.path = path;
    this.body = body;
    this.#query = query;
    this.#fields = fields;
    this.#departure = departure;
  }

  /** `undefined`: its target makes no sense. */
  static of(head: Head, departure: Departure, body: () => Promise<BodyResult>): Incoming | undefined {
    const { target } = head;
    const mark = target.indexOf("?");
    const rawPath = mark < 0 ? target : target.slice(0, mark);
    if (hasTooManyParameters(target)) return undefined;
    const path = percentDecoded(rawPath.slice(1));
    if (path === undefined) return undefined;
    return new Incoming(head, path, mark < 0 ? "" : target.slice(mark + 1), departure, body);
  }

  get parameters(): URLSearchParams {
    return this.#parameters ??= new URLSearchParams(this.#query);
  }

  get signal(): AbortSignal {
    return this.#departure.signal;
  }

  header(name: string): string {
    return this.#fields.get(name) ?? "";
  }
}
