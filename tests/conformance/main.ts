/**
 * Runs PromQL test scripts: `deno task conformance DIR [--file NAME] [--failures N] [--min N] [--store real|memory]`.
 *
 * One line a script (`passed/total file`), the first N failures of each in full, then `N passed, M failed`. Exits with 1
 * when fewer than `--min` evals pass, or, without it, when any fails.
 */
import { parseArgs } from "node:util";
import { adapter } from "./adapter.ts";
import { openStore, type StoreName } from "./stores.ts";
import { parseScript, runScript, type ScriptReport } from "../support/promql_script/mod.ts";

const STORES: readonly StoreName[] = ["real", "memory"];
const USAGE = "usage: deno task conformance DIR [--file NAME] [--failures N] [--min N] [--store real|memory]";

if (import.meta.main) Deno.exit(await main(Deno.args));

/** What the command line asks for. */
interface Wish {
  readonly dir: string;
  readonly file: string | undefined;
  /** Failures shown in full for each script. */
  readonly failures: number;
  readonly min: number | undefined;
  readonly store: StoreName;
}

async function main(args: string[]): Promise<number> {
  const wish = wishOf(args);
  if (!wish) {
    console.error(USAGE);
    return 2;
  }
  let passed = 0;
  let failed = 0;
  for (const name of scriptsIn(wish.dir, wish.file)) {
    const report = await runFile(`${wish.dir}/${name}`, name, wish.store);
    console.log(`${report.passed}/${report.passed + report.failures.length} ${name}`);
    passed += report.passed;
    failed += report.failures.length;
    printFailures(name, report, wish.failures);
  }
  console.log(`${passed} passed, ${failed} failed`);
  const isShort = wish.min === undefined ? failed > 0 : passed < wish.min;
  return isShort ? 1 : 0;
}

/** The wish, or undefined where the arguments make no sense. */
function wishOf(args: string[]): Wish | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    strict: false,
    options: {
      file: { type: "string" },
      failures: { type: "string", default: "5" },
      min: { type: "string" },
      store: { type: "string", default: "real" },
    },
  });
  const known = Object.keys(values).every((name) => ["file", "failures", "min", "store"].includes(name));
  const store = STORES.find((name) => name === values.store);
  const failures = Number(values.failures);
  const min = values.min === undefined ? undefined : Number(values.min);
  if (
    !known || positionals.length !== 1 || !store || !(failures >= 0) || (min !== undefined && !(min >= 0))
  ) {
    return undefined;
  }
  return {
    dir: positionals[0],
    file: typeof values.file === "string" ? values.file : undefined,
    failures,
    min,
    store,
  };
}

/** The scripts of a folder in order of name, or those whose name contains `part`. */
function scriptsIn(dir: string, part = ""): string[] {
  return [...Deno.readDirSync(dir)]
    .filter(({ name, isFile }) => isFile && name.endsWith(".test") && name.includes(part))
    .map(({ name }) => name)
    .sort();
}

async function runFile(path: string, name: string, store: StoreName): Promise<ScriptReport> {
  const text = Deno.readTextFileSync(path);
  const parsed = parseScript(text);
  if (parsed.kind === "ok") {
    return await runScript(parsed.script, {
      ...adapter(),
      open: () => openStore(store),
    });
  }
  const { line, column, message } = parsed.problem;
  const reason = `${name}:${line}:${column}: ${message}`;
  const evals = text.match(/^\s*eval/gm)?.length ?? 1;
  return { passed: 0, failures: Array.from({ length: evals }, () => ({ line, query: "(script)", reason })) };
}

function printFailures(name: string, { failures }: ScriptReport, most: number): void {
  for (const { line, query, reason } of failures.slice(0, most)) {
    console.log(`  ${name}:${line}: ${query}\n    ${reason}`);
  }
  if (failures.length > most && most > 0) console.log(`  … and ${failures.length - most} more`);
}
