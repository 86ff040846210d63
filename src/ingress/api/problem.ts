import type { QueryError } from "../../query/mod.ts";

/** Prometheus' error types, and the status that goes with each (Prometheus, docs/querying/api). */
const STATUSES = {
  bad_data: 400,
  execution: 422,
  timeout: 503,
  canceled: 499,
  not_found: 404,
  unavailable: 503,
  internal: 500,
} as const;
export type ProblemType = keyof typeof STATUSES;

/** A request that can't be answered: thrown by parameter readers, turned into the API's error envelope in one place. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly type: ProblemType;

  constructor(type: ProblemType, message: string) {
    super(message);
    this.type = type;
  }

  get status(): number {
    return STATUSES[this.type];
  }
}

/** What a failed query is to the API. */
export function problemOf(error: QueryError): ApiProblem {
  switch (error.kind) {
    case "bad_data":
      return new ApiProblem("bad_data", `invalid parameter "query": ${error.message}`);
    case "too_many_samples":
      return new ApiProblem("execution", error.message);
    case "too_many_queries":
    case "too_little_memory":
      return new ApiProblem("unavailable", error.message);
    default:
      return new ApiProblem(error.kind, error.message);
  }
}
