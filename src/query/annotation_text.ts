import { describePosition } from "./position.ts";
import type { Annotation } from "./value.ts";

const PREFIX = { warning: "PromQL warning: ", info: "PromQL info: " } as const;

/** An annotation as Prometheus' HTTP API shows it: `PromQL info: … (1:5)`, line and column of what caused it. */
export function renderAnnotation({ level, message, position }: Annotation, query: string): string {
  const text = message.startsWith(PREFIX[level]) ? message : PREFIX[level] + message;
  return position ? `${text} (${describePosition(query, position)})` : text;
}
