/** Stands between texts; where one of them holds it, all are quoted. */
const SEPARATOR = "\xff";

/** A list of texts as one text: equal for equal lists and, the first text not being empty, for no others. */
export function joinedKey(texts: readonly string[]): string {
  for (let i = 0; i < texts.length; i++) {
    if (texts[i].includes(SEPARATOR)) return SEPARATOR + JSON.stringify(texts);
  }
  return texts.join(SEPARATOR);
}
