/** A range of a query's text: UTF-16 offsets, end exclusive. */
export interface PositionRange {
  readonly start: number;
  readonly end: number;
}
