/** A range of a query's text: UTF-16 offsets, end exclusive. */
export interface PositionRange {
  readonly start: number;
  readonly end: number;
}

/**
 * `line:column` of a place's start, both from 1. As in Prometheus, a column is a count of UTF-8 bytes, which
 * differs from what an editor shows only behind a character outside ASCII on the same line.
 */
export function describePosition(query: string, { start }: PositionRange): string {
  if (query === "") return "unknown position";
  if (start < 0 || start > query.length) return "invalid position";
  const before = query.slice(0, start);
  const lineStart = before.lastIndexOf("\n") + 1;
  let line = 1;
  for (let at = before.indexOf("\n"); at >= 0; at = before.indexOf("\n", at + 1)) line++;
  return `${line}:${new TextEncoder().encode(before.slice(lineStart)).length + 1}`;
}
