/** Searches in ascending numbers, such as the times of samples. */

/** The first index in [low, high) whose number is `bound` or above; `high` if there is none. */
export function firstFrom(ascending: ArrayLike<number>, low: number, high: number, bound: number): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first index in [low, high) whose number is above `bound`; `high` if there is none. */
export function firstAfter(ascending: ArrayLike<number>, low: number, high: number, bound: number): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}
