/** The text of whatever was thrown, on one line and of bounded length, fit for a log field or a probe's detail. */
export function messageOf(thrown: unknown, maxLength = 500): string {
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  const line = text.replaceAll(/[\r\n]+/g, " ");
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}

/** A programming error: a state that our own code promised could not happen. Never the outside's fault. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
