import type { Reason } from "../../src/model/probe_result.ts";

/** What a command does to a probe that runs it. */
export interface HostileExec {
  readonly name: string;
  /** For a POSIX shell. It is polite to the machine: it leaves the processor to others, and nothing behind for long. */
  readonly script: string;
  readonly want: "pass" | Reason;
}

export const HOSTILE_EXEC: readonly HostileExec[] = [
  { name: "a flood", script: "exec nice -n 10 yes", want: "timeout" },
  { name: "a flood of errors", script: "exec nice -n 10 yes >&2", want: "timeout" },
  { name: "floods on both streams", script: "nice -n 10 yes & exec nice -n 10 yes >&2", want: "timeout" },
  { name: "a flood in small pieces", script: "while :; do printf .; done", want: "timeout" },
  { name: "megabytes of zeros, and failure", script: "head -c 900000 /dev/zero; exit 4", want: "exit_code" },
  {
    name: "no UTF-8, and orders to a terminal",
    script: `printf '\\377\\033[2J\\0\\302'; exit 1`,
    want: "exit_code",
  },
  { name: "closed streams, and no end", script: "exec >&- 2>&-; sleep 60", want: "timeout" },
  { name: "closed streams, and an end", script: "exec >&- 2>&-; exit 0", want: "pass" },
  {
    name: "children who keep the streams",
    script: "for i in 1 2 3; do sleep 1 & done; exit 0",
    want: "pass",
  },
  {
    name: "a child in a session of its own who keeps the streams",
    script: "setsid sleep 1 & exit 0",
    want: "pass",
  },
  {
    name: "a child who floods after the end",
    script: "(timeout 0.3 nice -n 10 yes) & exit 0",
    want: "pass",
  },
  {
    name: "children and their children",
    script: "fork() { [ $1 = 0 ] && exec sleep 60; fork $(($1 - 1)) & fork $(($1 - 1)) & wait; }; fork 3",
    want: "timeout",
  },
  { name: "deafness", script: "trap '' HUP INT TERM; while :; do sleep 0.1; done", want: "timeout" },
  { name: "a stop", script: "kill -STOP $$", want: "timeout" },
  { name: "an end of the whole group", script: "sleep 60 & kill -KILL 0", want: "signal" },
  { name: "a crash", script: "kill -SEGV $$", want: "signal" },
  { name: "the highest exit code", script: "exit 255", want: "exit_code" },
  { name: "words that nobody can run", script: "/nowhere/at/all", want: "exit_code" },
];
