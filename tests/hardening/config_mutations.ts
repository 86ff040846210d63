/** Good configuration files with a few things done to them. */
import { parse, stringify } from "yaml";
import type { Random } from "../support/random.ts";

const MARKS: readonly string[] = [
  ..."{}[]:,-#?|>'\"%@`!&*~\n\t\r \0😀",
  "- ",
  "? ",
  ": ",
  "<<: ",
  "<<: *a",
  "&a ",
  "*a",
  "!!binary ",
  "!!set ",
  "!!js/function ",
  "!x ",
  "---\n",
  "...\n",
  "%YAML 1.1\n",
  "|+\n",
  ">-\n",
  "\r\n",
  "\ufeff",
  "\x1f",
  "\\",
  "\\u",
  "\\x0",
  "#\n",
  "    ",
];

/** What a value may become. */
const VALUES: readonly unknown[] = [
  null,
  true,
  "",
  " ",
  "yes",
  "~",
  0,
  -1,
  0.5,
  1e308,
  -0,
  NaN,
  Infinity,
  65_536,
  2 ** 53,
  "9".repeat(400),
  "0x10",
  "1e3",
  "300ms",
  "-5s",
  "9999999999h",
  "GET",
  "HTTPS",
  "200-299",
  "599-100",
  "(",
  "(?=x)",
  "a{1000}{1000}",
  "(?i)[\u0100-\uffff]",
  "sum(",
  "1",
  "probe_success",
  'probe_success{probe="x"}',
  "x[5m]",
  "rate(probe_success[10s])",
  "/",
  "//",
  "a/../b",
  "%zz",
  "http://a:b@c/",
  "::1",
  "localhost:80",
  "\0",
  "a\nb",
  "x".repeat(2_000),
  "__name__",
  "__proto__",
  [],
  {},
  [null],
  [[]],
  { a: 1 },
  ["/bin/true"],
  [{ name: "a", value: "b" }],
];

type Mutation = (text: string, random: Random) => string;

const MUTATIONS: readonly Mutation[] = [bytes, marks, lines, lines, structure, structure, values, values];

/** @returns the text after one to four mutations */
export function mutatedConfig(text: string, random: Random): string {
  let mutated = text;
  for (let edits = 1 + random.below(4); edits > 0; edits--) mutated = random.pick(MUTATIONS)(mutated, random);
  return mutated.slice(0, 300_000);
}

function bytes(text: string, random: Random): string {
  const all = new TextEncoder().encode(text);
  for (let count = 1 + random.below(4); count > 0 && all.length > 0; count--) {
    all[random.below(all.length)] = random.below(256);
  }
  return new TextDecoder().decode(all);
}

function marks(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const cut = random.chance(0.3) ? random.below(40) : random.below(2);
  const mark = random.pick(MARKS).repeat(random.chance(0.05) ? 1 + random.below(2_000) : 1);
  return text.slice(0, at) + mark + text.slice(at + cut);
}

function lines(text: string, random: Random): string {
  const all = text.split("\n");
  const at = random.below(all.length);
  const count = 1 + random.below(5);
  switch (random.below(6)) {
    case 0:
      all.splice(at, count);
      break;
    case 1:
      all.splice(random.below(all.length + 1), 0, ...all.slice(at, at + count));
      break;
    case 2:
      all.splice(random.below(all.length), 0, ...all.splice(at, count));
      break;
    case 3:
      for (let i = at; i < Math.min(all.length, at + count); i++) {
        all[i] = " ".repeat(1 + random.below(4)) + all[i];
      }
      break;
    case 4:
      for (let i = at; i < Math.min(all.length, at + count); i++) all[i] = all[i].replace(/^ {1,4}/, "");
      break;
    case 5:
      all.splice(at, 0, ...Array(random.below(200)).fill(all[at]));
  }
  return all.join("\n");
}

/** Changes the tree, and writes it anew, in one style or the other. */
function structure(text: string, random: Random): string {
  return rewritten(text, random, ({ owner, key }, all) => {
    const value = owner[key];
    const other = random.pick(all);
    switch (random.below(5)) {
      case 0:
        if (Array.isArray(owner)) owner.splice(key as number, 1);
        else delete owner[key];
        break;
      case 1:
        owner[key] = structuredClone(other.owner[other.key]);
        break;
      case 2:
        if (!Array.isArray(owner)) {
          owner[`${key}${random.pick(["s", " ", "", "\0", "X".repeat(80)])}`] = value;
        }
        break;
      case 3:
        owner[key] = random.chance(0.5)
          ? [value]
          : { [random.pick(["name", "value", "query", "<<"])]: value };
        break;
      case 4:
        if (Array.isArray(owner)) {
          for (let i = random.below(60); i > 0; i--) owner.push(structuredClone(value));
        }
    }
  });
}

function values(text: string, random: Random): string {
  return rewritten(text, random, ({ owner, key }) => {
    owner[key] = structuredClone(random.pick(VALUES));
  });
}

// deno-lint-ignore no-explicit-any -- a tree of anything
type Owner = any;

interface Spot {
  readonly owner: Owner;
  readonly key: string | number;
}

function rewritten(text: string, random: Random, change: (spot: Spot, all: readonly Spot[]) => void): string {
  try {
    const tree = { root: parse(text, { logLevel: "silent", maxAliasCount: 1_000 }) };
    const spots: Spot[] = [];
    collect(tree, spots, 0);
    for (let count = 1 + random.below(3); count > 0; count--) change(random.pick(spots), spots);
    const style = random.below(3);
    if (style === 0) return JSON.stringify(tree.root) ?? "";
    const options = { collectionStyle: style === 1 ? "flow" : "block", logLevel: "silent" } as object;
    return stringify(tree.root ?? null, options);
  } catch {
    return text; // not YAML any more, or a tree that can't be written
  }
}

function collect(owner: Owner, spots: Spot[], depth: number): void {
  if (depth > 40 || spots.length > 5_000) return;
  for (const key of Array.isArray(owner) ? owner.keys() : Object.keys(owner)) {
    spots.push({ owner, key });
    if (typeof owner[key] === "object" && owner[key] !== null) collect(owner[key], spots, depth + 1);
  }
}
