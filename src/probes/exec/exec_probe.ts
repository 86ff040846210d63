import type { Clock } from "../../base/clock.ts";
import { formatDuration } from "../../base/duration.ts";
import { messageOf } from "../../base/errors.ts";
import type { ExecAction } from "../../config/mod.ts";
import type { Outcome } from "../../model/probe_result.ts";
import { type TraceContext, traceparent } from "../../model/trace.ts";
import { Quoter } from "../excerpt.ts";
import { isOurShortage, systemCode } from "../net/socket_error.ts";
import { fail, PASS, type Probe, type ProbeRun } from "../probe.ts";
import type { ExecPolicy } from "./exec_policy.ts";
import { Output } from "./output.ts";
import { findSetsid, killGroup, type KillReach } from "./process_group.ts";

/** How long output is waited for after the command's end: someone it started may hold on to the pipes for ever. */
const LAST_WORDS_MS = 20;

/** What a shell ends with when it can't start a program, and programs that start others, too. */
const CANNOT_START: ReadonlySet<number> = new Set([126, 127]);

export interface ExecProbeOptions {
  readonly action: ExecAction;
  readonly timeoutMs: number;
  readonly policy: ExecPolicy;
  readonly reach: KillReach;
  readonly clock: Clock;
}

/** Runs a command: no shell, no environment but the given one. It leads a process group, which ends with the limit. */
export class ExecProbe implements Probe {
  readonly #action: ExecAction;
  readonly #timeoutMs: number;
  readonly #policy: ExecPolicy;
  readonly #reach: KillReach;
  readonly #clock: Clock;
  readonly #quoter: Quoter;
  readonly #setsid = findSetsid();

  constructor({ action, timeoutMs, policy, reach, clock }: ExecProbeOptions) {
    this.#action = action;
    this.#timeoutMs = timeoutMs;
    this.#policy = policy;
    this.#reach = reach;
    this.#clock = clock;
    this.#quoter = new Quoter(action.env.map(({ value }) => value));
  }

  async run(signal: AbortSignal, trace: TraceContext | undefined): Promise<ProbeRun> {
    const [program] = this.#action.command;
    if (!this.#policy.allows(program)) return ended(fail("spawn", this.#policy.refusal(program)));
    // Who can't be started that way tells why when it is tried the other way.
    return await this.#run(signal, trace, this.#setsid) ?? await this.#run(signal, trace, undefined) ??
      ended(fail("spawn", `cannot start ${program}`));
  }

  /** @returns `undefined` when `setsid` could not start the program */
  async #run(
    signal: AbortSignal,
    trace: TraceContext | undefined,
    setsid: string | undefined,
  ): Promise<ProbeRun | undefined> {
    const [program] = this.#action.command;
    let child: Deno.ChildProcess;
    try {
      child = this.#spawn(trace, setsid);
    } catch (error) {
      return setsid === undefined ? ended(spawnFailure(program, error)) : undefined;
    }
    const output = new Output(this.#clock);
    const drained = Promise.all([output.drain(child.stdout), output.drain(child.stderr)]);
    const status = await this.#ended(child, signal);
    if (status !== "timeout") await this.#within(LAST_WORDS_MS, drained, signal);
    await output.close();
    await drained;
    if (status === "timeout") {
      const said = this.#said(output);
      return ended(fail("timeout", `${program} still ran after ${formatDuration(this.#timeoutMs)}${said}`));
    }
    if (setsid !== undefined && CANNOT_START.has(status.code) && saysSetsid(output)) return undefined;
    return {
      outcome: this.#judge(program, status, output),
      facts: { execExitCode: status.code },
      events: [],
    };
  }

  /** Starts the command at the head of a process group of its own. */
  #spawn(trace: TraceContext | undefined, setsid: string | undefined): Deno.ChildProcess {
    const [program, ...args] = setsid === undefined
      ? this.#action.command
      : [setsid, ...this.#action.command];
    const env: Record<string, string> = {};
    if (trace) {
      env.OTEL_CLI_FORCE_TRACE_ID = trace.traceId;
      env.OTEL_CLI_FORCE_PARENT_SPAN_ID = trace.spanId;
      env.TRACEPARENT = traceparent(trace);
    }
    for (const { name, value } of this.#action.env) env[name] = value;
    return new Deno.Command(program, {
      args,
      env,
      clearEnv: true,
      detached: setsid === undefined,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  /** How the command ended; at the signal it is killed with all it has started, and reaped. */
  async #ended(child: Deno.ChildProcess, signal: AbortSignal): Promise<Deno.CommandStatus | "timeout"> {
    const onAbort = () => killGroup(child, this.#reach);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    const status = await child.status;
    signal.removeEventListener("abort", onAbort);
    return signal.aborted ? "timeout" : status;
  }

  /** Waits for a promise, but no longer than this, and not past the signal: who ended in time must be heard in time. */
  async #within(limitMs: number, promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const onAbort = () => done.abort();
    signal.addEventListener("abort", onAbort);
    const limit = this.#clock.sleepUntil(this.#clock.now() + limitMs, done.signal);
    await Promise.race([promise, limit]);
    signal.removeEventListener("abort", onAbort);
    done.abort();
  }

  #judge(program: string, { code, signal, success }: Deno.CommandStatus, output: Output): Outcome {
    if (success) return PASS;
    const said = this.#said(output);
    if (signal) return fail("signal", `${program} was ended by ${signal}${said}`);
    return fail("exit_code", `${program} ended with exit code ${code}${said}`);
  }

  #said(output: Output): string {
    const bytes = output.bytes();
    return bytes.length === 0 ? "" : `: ${this.#quoter.quote(bytes)}`;
  }
}

function saysSetsid(output: Output): boolean {
  return new TextDecoder().decode(output.bytes().subarray(0, 20)).startsWith("setsid: ");
}

function ended(outcome: Outcome): ProbeRun {
  return { outcome, facts: {}, events: [] };
}

/** Processes run out like files do: EAGAIN is fork's word for it. */
function spawnFailure(program: string, error: unknown): Outcome {
  const reason = isOurShortage(error) || systemCode(error) === "EAGAIN" ? "internal" : "spawn";
  if (error instanceof Deno.errors.NotCapable) {
    return fail("spawn", `${program} may not be run: this process was started without the permission for it`);
  }
  return fail(reason, `cannot start ${program}: ${messageOf(error)}`);
}
