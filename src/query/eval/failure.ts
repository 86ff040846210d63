import type { QueryError } from "../value.ts";

/**
 * Ends an evaluation from anywhere inside it. The engine catches it, and only it, and hands its error out as a
 * value; anything else that is thrown is a bug of ours.
 */
export class EvaluationFailure extends Error {
  override readonly name = "EvaluationFailure";

  constructor(readonly error: QueryError) {
    super(error.message);
  }
}

/** An expression that can't be evaluated on this data. */
export function executionFailure(message: string): EvaluationFailure {
  return new EvaluationFailure({ kind: "execution", message });
}

/** What two equal label sets at one time come to. */
export function duplicateLabels(): EvaluationFailure {
  return executionFailure("vector cannot contain metrics with the same labelset");
}

/** A query that would hold more than the limit. */
export function tooManySamples(): EvaluationFailure {
  return new EvaluationFailure({
    kind: "too_many_samples",
    message: "query processing would load too many samples into memory in query execution",
  });
}

/** A query for which the process has too little memory left. */
export function tooLittleMemory(): EvaluationFailure {
  return new EvaluationFailure({
    kind: "too_little_memory",
    message: "there is too little memory left for this query: the process is near its limit",
  });
}

/** A query that would hold more than others leave it. */
export function tooManySamplesTogether(): EvaluationFailure {
  return new EvaluationFailure({
    kind: "too_many_samples",
    message:
      "query processing would load too many samples into memory, together with the other queries that run",
  });
}
