import { describePosition, type PositionRange } from "./position.ts";

/** Something wrong with a query: what, and where. */
export interface ParseError {
  /** The whole sentence as Prometheus puts it: `1:5: parse error: unexpected identifier "b"`. */
  readonly message: string;
  /** The same without the place. */
  readonly reason: string;
  readonly position: PositionRange;
}

/** What is known of an error before the text around it is looked at. */
export interface Problem {
  readonly reason: string;
  readonly position: PositionRange;
}

/** Errors past this many are left out. */
export const MAX_ERRORS = 50;

export function toParseErrors(query: string, problems: readonly Problem[]): ParseError[] {
  return problems.slice(0, MAX_ERRORS).map(({ reason, position }) => ({
    message: `${describePosition(query, position)}: parse error: ${reason}`,
    reason,
    position,
  }));
}
