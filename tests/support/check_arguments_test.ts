import assert from "node:assert/strict";
import { chosen, readCheckArguments } from "./check_arguments.ts";

const EXPECTED = { numbers: { seed: 7, seconds: 5 }, switches: ["alone"] } as const;

Deno.test("Arguments of a check are its numbers, its switches, and what to run", () => {
  assert.deepEqual(readCheckArguments([], EXPECTED), {
    numbers: { seed: 7, seconds: 5 },
    switches: new Set(),
    only: "",
  });
  assert.deepEqual(readCheckArguments(["--seconds=0.5", "--alone", "--only=slow readers"], EXPECTED), {
    numbers: { seed: 7, seconds: 0.5 },
    switches: new Set(["alone"]),
    only: "slow readers",
  });
});

for (
  const { args, want } of [
    { args: ["--second=1"], want: /--second/ },
    { args: ["5"], want: /5/ },
    { args: ["--alone=yes"], want: /--alone/ },
    { args: ["--seconds=soon"], want: /--seconds must be a number: current value is "soon"/ },
    { args: ["--seconds="], want: /--seconds must be a number: current value is ""/ },
    { args: ["--seed=-1"], want: /--seed must be a number: current value is "-1"/ },
  ]
) {
  Deno.test(`Arguments of a check can't be ${args.join(" ")}`, () => {
    const said = readCheckArguments(args, EXPECTED);
    assert.ok(typeof said === "string");
    assert.match(said, want);
  });
}

Deno.test("What a check is to run only is what has a text in its name, and never nothing", () => {
  const names = ["slow heads", "slow bodies", "calm"];
  assert.deepEqual(chosen(names, "slow", String), ["slow heads", "slow bodies"]);
  assert.deepEqual(chosen(names, "", String), names);
  assert.throws(() => chosen(names, "fast", String), /nothing with "fast" in its name/);
});
