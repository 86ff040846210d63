/**
 * `deno task build [--target TRIPLE] [--output FILE] [--entry FILE] [--allow-…]`: bundles src/main.ts (or another entry) and
 * compiles it into one executable.
 *
 * The compiler is $DENO, else the Deno that runs this; its runtime is $DENORT_BIN, which must be of the same version and for
 * the target, else Deno downloads it. Without any `--allow-…` the executable has all permissions and gives up at start what its
 * configuration doesn't need.
 */
import { basename, dirname } from "node:path";
import { parseArgs } from "node:util";
import { TARGETS, whyNotRuntime } from "./runtime.ts";

/**
 * V8's settings, which can't be changed later. Bunny allocates little at a time and lives long, so memory comes before
 * throughput; what each brings is measured by `deno task bench memory` and `start`.
 */
export const V8_FLAGS = [
  // A young generation of 1 MiB, and an old one that grows little between collections …
  "--optimize-for-size",
  // … and begins the next collection, whose marking runs beside the work, when 72 % of what may come until then is there, so
  // that it is done in time. Below 71 % the first one would begin in the middle of the start, and take 15 ms of it; at 40 %
  // the heap would be 2 MiB smaller on average.
  "--incremental-marking-hard-trigger=72",
  // As much as lives may come until then, but for the limit below: most costly requests have a third fewer collections,
  // which verdicts wait for, and the heap is 2 MiB larger on average.
  "--heap-growing-percent=100",
  // The first collection counts from half the heap's limit, whatever else V8 would make of the first few.
  "--initial-old-space-size=24",
  // The limit of the heap, MiB: a query that would need more ends the process (exit code 133) before the kernel does at a
  // container limit of 96 MiB. Samples are outside of it and bounded by `maxSamples`.
  "--max-old-space-size=48",
  // Lets garbage be collected when a container's limit is near: typed arrays are none of V8's worries until it is too late.
  "--expose-gc",
  // Compiles everything when it is loaded, so that the code cache, which Deno writes at the first start, has all of it:
  // every later start saves two thirds of its time.
  "--no-lazy",
];

const BUNNY = "src/main.ts";

const HELP = `deno task build [--target TARGET] [--output FILE] [--entry FILE] [--allow-…] [--deny-…]

Bundles ${BUNNY}, or another entry, and compiles it into one executable: dist/bunny, or dist/bunny-TARGET.

Targets, where not this machine's:
${TARGETS.map((target) => `  ${target}\n`).join("")}
--allow-… and --deny-… are Deno's permissions, baked in instead of all.

Environment:
  DENO        the Deno to compile with; else the one that runs this
  DENORT_BIN  a denort of that Deno's version, for the target; else Deno downloads it`;

if (import.meta.main) await build(Deno.args);

async function build(args: readonly string[]): Promise<void> {
  const isPermission = (arg: string) => arg.startsWith("--allow-") || arg.startsWith("--deny-");
  const permissions = args.filter(isPermission);
  const { values, positionals } = parseArgs({
    args: args.filter((arg) => !isPermission(arg)),
    options: {
      target: { type: "string" },
      output: { type: "string", short: "o" },
      entry: { type: "string", default: BUNNY },
      help: { type: "boolean", short: "h" },
    },
    allowPositionals: true,
  });
  if (values.help) return console.log(HELP);
  const { target, entry } = values;
  if (positionals.length > 0) fail(`unexpected argument ${positionals[0]}`);
  if (target !== undefined && !TARGETS.some((known) => known === target)) {
    fail(`no such target: ${target}; there are: ${TARGETS.join(", ")}`);
  }
  const compiler = Deno.env.get("DENO") || Deno.execPath();
  const runtime = Deno.env.get("DENORT_BIN");
  if (runtime) {
    const problem = whyNotRuntime(
      await Deno.readFile(runtime).catch((error) => fail(`DENORT_BIN: ${error.message}`)),
      target ?? Deno.build.target,
      await versionOf(compiler),
    );
    if (problem) fail(`DENORT_BIN: ${runtime} ${problem}`);
  }
  const windows = target?.includes("windows") ?? Deno.build.os === "windows";
  const output = values.output ?? `dist/bunny${target ? `-${target}` : ""}${windows ? ".exe" : ""}`;
  const bundle = `dist/${entry === BUNNY ? "bunny" : basename(output)}.js`;

  await Deno.mkdir("dist", { recursive: true });
  await Deno.mkdir(dirname(output), { recursive: true });
  const bundled = await run(Deno.execPath(), [
    "bundle",
    "--quiet",
    "--frozen",
    "--minify",
    "--platform=deno",
    `--output=${bundle}`,
    entry,
  ]);
  if (!bundled) fail("could not bundle");
  await Deno.writeTextFile(bundle, asciiOnly(await Deno.readTextFile(bundle)));
  const compiled = await run(compiler, [
    "compile",
    "--quiet",
    "--no-check",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    `--v8-flags=${V8_FLAGS.join(",")}`,
    ...(permissions.length > 0 ? permissions : ["--allow-all"]),
    ...(target ? ["--target", target] : []),
    `--output=${output}`,
    bundle,
  ]);
  if (!compiled) {
    fail(
      "could not compile. Where Deno's own host can't be reached, set DENO and DENORT_BIN to a Deno executable and a " +
        "denort of the same version, for the target.",
    );
  }
  if (entry === BUNNY) { for (const note of permissionNotes(permissions)) console.log(`note: ${note}`); }
  const [{ size }, { size: bundleSize }] = await Promise.all([Deno.stat(output), Deno.stat(bundle)]);
  console.log(
    `${output}: ${(size / 2 ** 20).toFixed(1)} MiB (bundle ${(bundleSize / 1024).toFixed(0)} KiB)`,
  );
}

/**
 * JavaScript with every other character as an escape: a single one beyond Latin-1 has V8 keep the whole text with two
 * bytes a character, on its heap; pure ASCII it reads from the executable where it lies. Such characters stand only in
 * strings, templates, regular expressions and names in what the bundler writes, where an escape means the same.
 */
export function asciiOnly(script: string): string {
  // deno-lint-ignore no-control-regex
  return script.replaceAll(
    /[^\x00-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What tighter permissions take away that whoever sets them may not expect. */
export function permissionNotes(permissions: readonly string[]): string[] {
  if (permissions.length === 0 || permissions.includes("--allow-all")) return [];
  const notes = [
    "without all permissions Bunny can't watch a process (signals.watchedProcessCommandLineRegEx), keeps the memory " +
    "that only its start needs, and doesn't see a container's memory limit: set maxSamples to suit it",
  ];
  const scope = permissions.find((arg) => arg.startsWith("--allow-run="))?.slice("--allow-run=".length).split(
    ",",
  );
  const isWide = permissions.includes("--allow-run");
  if (scope && !isWide && !scope.some((program) => /^\/(usr\/)?bin\/kill$/.test(program))) {
    notes.push(
      "with a scoped --allow-run Deno lets no process group be ended: a command that outlives its limit is, what it has " +
        "started is not. Add /bin/kill (which the image doesn't have) to the scope to end both",
    );
  }
  return notes;
}

/** The version of a Deno executable, by its own account. */
async function versionOf(deno: string): Promise<string> {
  const command = new Deno.Command(deno, { args: ["--version"], stdin: "null" });
  const said = await Promise.try(() => command.output()).catch((error) => fail(`DENO: ${error.message}`));
  const [, version] = /^deno (\S+)/.exec(new TextDecoder().decode(said.stdout)) ??
    fail(`DENO: ${deno} is no Deno executable`);
  return version;
}

/** Runs a program with our streams. @returns whether it ended with 0 */
async function run(program: string, args: string[]): Promise<boolean> {
  const { success, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
  Deno.stderr.writeSync(stderr);
  return success;
}

function fail(message: string): never {
  console.error(`build: ${message}`);
  Deno.exit(1);
}
