/** A time in ms since the epoch: RFC 3339 or unix seconds. `undefined` for none, NaN for what is no time. */
export function parseTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  return Number.isNaN(seconds) ? Date.parse(text) : seconds * 1_000;
}
