/** Takes out of a map what was put in first: how a cache makes room. @returns its value; `undefined`: there was none */
export function takeOldest<Value>(map: Map<unknown, Value>): Value | undefined {
  for (const [key, value] of map) {
    map.delete(key);
    return value;
  }
}
