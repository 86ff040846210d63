import assert from "node:assert/strict";
import { joinedKey } from "../../src/base/joined_key.ts";

const lists: string[][] = [
  [],
  ["a"],
  ["a", "b"],
  ["ab"],
  ["a", ""],
  ["aÿb"],
  ["aÿ", "b"],
  ["a", "ÿb"],
  ["a", "ÿ"],
  ["aÿ"],
  ["ÿ"],
  ["ÿÿ"],
  ["ÿ", "ÿ"],
  ['["aÿb"]'],
];

Deno.test("joined keys tell lists of texts apart, whatever is in the texts", () => {
  const keys = lists.map((list) => joinedKey(list));
  assert.equal(new Set(keys).size, lists.length, keys.join("\n"));
  for (const [i, list] of lists.entries()) assert.equal(joinedKey([...list]), keys[i]);
});
