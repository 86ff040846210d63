import { parseArgs } from "node:util";

/** What the command line of a long check may say. */
export interface Expected<Name extends string, Switch extends string> {
  /** Numbers, and what they are when nothing is said: `--seconds=5`. None is below zero. */
  readonly numbers: Readonly<Record<Name, number>>;
  /** `--alone`. */
  readonly switches?: readonly Switch[];
}

export interface Said<Name extends string, Switch extends string> {
  readonly numbers: Readonly<Record<Name, number>>;
  readonly switches: ReadonlySet<Switch>;
  /** `--only`: a part of the names of what is to be run; "": everything. */
  readonly only: string;
}

/**
 * Reads the arguments of a check that takes minutes: one that it doesn't know must not have it run for nothing.
 * @returns a sentence where an argument makes no sense
 */
export function readCheckArguments<Name extends string, Switch extends string = never>(
  args: readonly string[],
  { numbers, switches = [] }: Expected<Name, Switch>,
): Said<Name, Switch> | string {
  const names = Object.keys(numbers) as Name[];
  const options: Record<string, { type: "string" | "boolean" }> = { only: { type: "string" } };
  for (const name of names) options[name] = { type: "string" };
  for (const name of switches) options[name] = { type: "boolean" };
  let values: Record<string, unknown>;
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    return (error as Error).message;
  }
  const read: Record<string, number> = { ...numbers };
  for (const name of names) {
    const text = values[name];
    if (text === undefined) continue;
    read[name] = text === "" ? NaN : Number(text);
    if (!(read[name] >= 0)) return `--${name} must be a number: current value is ${JSON.stringify(text)}`;
  }
  return {
    numbers: read as Record<Name, number>,
    switches: new Set(switches.filter((name) => values[name])),
    only: String(values.only ?? ""),
  };
}

/** The same of this process, which ends here when it was asked wrongly, or only how to ask. */
export function checkArguments<Name extends string, Switch extends string = never>(
  usage: string,
  expected: Expected<Name, Switch>,
): Said<Name, Switch> {
  if (Deno.args.includes("--help")) {
    console.log(usage);
    Deno.exit(0);
  }
  const said = readCheckArguments(Deno.args, expected);
  if (typeof said !== "string") return said;
  console.error(`${said}\n${usage}`);
  Deno.exit(2);
}

/**
 * What `--only` asks for. A check of nothing would find nothing wrong.
 * @throws when that is nothing
 */
export function chosen<Item>(items: readonly Item[], only: string, nameOf: (item: Item) => string): Item[] {
  const found = items.filter((item) => nameOf(item).includes(only));
  if (found.length === 0) {
    throw new Error(`--only: there is nothing with ${JSON.stringify(only)} in its name`);
  }
  return found;
}
