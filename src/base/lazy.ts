/**
 * A value that is made when it is first asked for, and kept: what one start in a hundred needs must not cost every
 * start its time. What `make` throws is thrown each time.
 */
export function lazy<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}
