/**
 * Orders texts as their UTF-8 bytes would be, as Prometheus' index does. JavaScript's own order is by UTF-16 unit,
 * which differs where a surrogate meets a character from U+E000 on.
 */
export function compareUtf8(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Moves the surrogates behind everything else. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Label sets, label by label, name before value, the shorter first. `flat`: name, value, name, value, … */
export function compareFlat(a: readonly string[], b: readonly string[]): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const order = compareUtf8(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** A label set's names and values with the names in this order. */
export function inUtf8Order(flat: readonly string[]): readonly string[] {
  for (let i = 2; i < flat.length; i += 2) {
    if (compareUtf8(flat[i - 2], flat[i]) >= 0) return sorted(flat);
  }
  return flat;
}

function sorted(flat: readonly string[]): string[] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i], flat[i + 1]]);
  return pairs.sort(([a], [b]) => compareUtf8(a, b)).flat();
}
