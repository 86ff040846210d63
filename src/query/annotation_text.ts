import type { PositionRange } from "./position.ts";
import type { Annotation } from "./value.ts";

const PREFIX = { warning: "PromQL warning: ", info: "PromQL info: " } as const;

/** An annotation as Prometheus' HTTP API shows it: `PromQL info: … (1:5)`, line and column of what caused it. */
export function renderAnnotation({ level, message, position }: Annotation, query: string): string {
  const text = message.startsWith(PREFIX[level]) ? message : PREFIX[level] + message;
  return position ? `${text} (${lineAndColumn(position, query)})` : text;
}

/** Where a range begins, as `line:column`, from 1; columns count UTF-8 bytes, as upstream. */
export function lineAndColumn({ start }: PositionRange, query: string): string {
  const before = query.slice(0, start);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  return `${line}:${new TextEncoder().encode(before.slice(lineStart)).length + 1}`;
}
