/** The text of whatever was thrown and of its cause, on one line of bounded length, fit for a log field or a probe's detail. */
export function messageOf(thrown: unknown, maxLength = 500): string {
  const text = textOf(thrown);
  const line = text.replaceAll(/[\r\n]+/g, " ");
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}

function textOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { message, name, cause } = thrown;
  const own = message || name;
  return cause instanceof Error && !own.includes(cause.message) ? `${own}: ${cause.message}` : own;
}

/** A programming error: a state that our own code promised could not happen. Never the outside's fault. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
