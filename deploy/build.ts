/**
 * `deno task build [--target TRIPLE] [--output FILE] [--allow-…]`: bundles src/main.ts and compiles it into one executable.
 *
 * The compiler is $DENO, else the Deno that runs this; its runtime is $DENORT_BIN, else Deno downloads it. Without any
 * `--allow-…` the executable has all permissions and gives up at start what its configuration doesn't need.
 */
import { parseArgs } from "node:util";

const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

/** A young generation of 1 MiB keeps the resident set small; Bunny allocates little and lives long. */
const V8_FLAGS = "--max-semi-space-size=1,--single-threaded-gc";

const { values, positionals } = parseArgs({
  args: Deno.args.filter((arg) => !arg.startsWith("--allow-") && !arg.startsWith("--deny-")),
  options: { target: { type: "string" }, output: { type: "string", short: "o" } },
  allowPositionals: true,
});
if (positionals.length > 0) fail(`unexpected argument ${positionals[0]}`);
if (values.target !== undefined && !TARGETS.includes(values.target)) {
  fail(`no such target: ${values.target}; there are: ${TARGETS.join(", ")}`);
}

const permissions = Deno.args.filter((arg) => arg.startsWith("--allow-") || arg.startsWith("--deny-"));
const windows = values.target?.includes("windows") ?? Deno.build.os === "windows";
const output = values.output ??
  `dist/bunny${values.target ? `-${values.target}` : ""}${windows ? ".exe" : ""}`;
const bundle = "dist/bunny.js";
const compiler = Deno.env.get("DENO") || Deno.execPath();

await Deno.mkdir("dist", { recursive: true });
await run(Deno.execPath(), [
  "bundle",
  "--quiet",
  "--minify",
  "--platform",
  "deno",
  "-o",
  bundle,
  "src/main.ts",
]);
const compiled = await run(compiler, [
  "compile",
  "--quiet",
  "--no-check",
  "--no-prompt",
  "--no-config",
  "--no-lock",
  `--v8-flags=${V8_FLAGS}`,
  ...(permissions.length > 0 ? permissions : ["--allow-all"]),
  ...(values.target ? ["--target", values.target] : []),
  "--output",
  output,
  bundle,
], false);
if (!compiled) {
  fail(
    "could not compile. Where Deno's own host can't be reached, set DENO and DENORT_BIN to a Deno executable and a denort " +
      "of the same version.",
  );
}
const { size } = await Deno.stat(output);
console.log(
  `${output}: ${(size / 2 ** 20).toFixed(1)} MiB (bundle ${
    ((await Deno.stat(bundle)).size / 1024).toFixed(0)
  } KiB)`,
);

/** Runs a program with our streams. @returns whether it ended with 0 */
async function run(program: string, args: string[], must = true): Promise<boolean> {
  const { success } = await new Deno.Command(program, { args, stdin: "null" }).output().then((result) => {
    Deno.stderr.writeSync(result.stderr);
    return result;
  });
  if (!success && must) fail(`${program} ${args[0]} failed`);
  return success;
}

function fail(message: string): never {
  console.error(`build: ${message}`);
  Deno.exit(1);
}
