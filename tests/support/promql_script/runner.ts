import type { Appendable, Queryable } from "../../../src/model/store.ts";
import type { Expr } from "../../../src/query/ast.ts";
import type { QueryResult } from "../../../src/query/value.ts";
import { runEval } from "./run_eval.ts";
import { load } from "../../../src/query/script/load.ts";
import type { EvalCommand, Script } from "../../../src/query/script/script.ts";

/** What a runner needs of an engine. Times are ms since the epoch. */
export interface ScriptEngine {
  instant(store: Queryable, query: string, timeMs: number): QueryResult | Promise<QueryResult>;
  range(
    store: Queryable,
    query: string,
    startMs: number,
    endMs: number,
    stepMs: number,
  ): QueryResult | Promise<QueryResult>;
}

/** What a runner needs of the language, to write a query anew with its selectors pinned to one time. */
export interface ScriptLanguage {
  parse(query: string): { kind: "ok"; expr: Expr } | { kind: "error"; message: string };
  print(expr: Expr): string;
}

/** A store to load into, and how to be rid of it. */
export interface OpenStore {
  readonly store: Appendable & Queryable;
  close(): void | Promise<void>;
}

export interface ScriptSetup {
  readonly engine: ScriptEngine;
  readonly language: ScriptLanguage;
  /** An empty store: asked for at the start and by every `clear`. */
  open(): OpenStore | Promise<OpenStore>;
}

/** An eval that did not come out as expected. */
export interface EvalFailure {
  readonly line: number;
  readonly query: string;
  /** What was expected and what came. */
  readonly reason: string;
}

export interface ScriptReport {
  readonly passed: number;
  readonly failures: readonly EvalFailure[];
}

/**
 * Runs a script's commands in order. A failed eval does not end it; a load that fails makes failures of all evals
 * after it.
 */
export async function runScript(script: Script, setup: ScriptSetup): Promise<ScriptReport> {
  let opened = await setup.open();
  let passed = 0;
  const failures: EvalFailure[] = [];
  let broken: string | undefined;
  try {
    for (const command of script.commands) {
      if (command.kind === "clear") {
        await opened.close();
        opened = await setup.open();
      } else if (command.kind === "load") {
        const loaded = load([command], opened.store);
        if (loaded.kind === "error") broken ??= `line ${loaded.problem.line}: ${loaded.problem.message}`;
      } else {
        const reason = broken ?? await runGuarded(command, opened.store, setup);
        if (reason === undefined) passed++;
        else failures.push({ line: command.line, query: command.query, reason });
      }
    }
  } finally {
    await opened.close();
  }
  return { passed, failures };
}

/** An engine that throws has a bug, but the other evals are still worth running. */
async function runGuarded(
  command: EvalCommand,
  store: Queryable,
  setup: ScriptSetup,
): Promise<string | undefined> {
  try {
    return await runEval(command, store, setup);
  } catch (error) {
    return `the engine threw ${error instanceof Error ? error.stack ?? error.message : String(error)}`;
  }
}
