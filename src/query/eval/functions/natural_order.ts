const CHUNK = /\d+|\D+/g;

/** Orders texts as people do: runs of digits count as numbers, so that "a9" comes before "a10". */
export function compareNaturally(a: string, b: string): number {
  if (a === b) return 0;
  const left = a.match(CHUNK) ?? [];
  const right = b.match(CHUNK) ?? [];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = compareChunks(left[i], right[i]);
    if (order !== 0) return order;
  }
  return left.length - right.length || (a < b ? -1 : 1);
}

function compareChunks(a: string, b: string): number {
  if (a === b) return 0;
  if (isDigit(a) && isDigit(b)) {
    const left = a.replace(/^0+(?=\d)/, "");
    const right = b.replace(/^0+(?=\d)/, "");
    if (left.length !== right.length) return left.length - right.length;
    if (left !== right) return left < right ? -1 : 1;
    return a.length - b.length;
  }
  return a < b ? -1 : 1;
}

function isDigit(text: string): boolean {
  return text >= "0" && text < ":";
}
