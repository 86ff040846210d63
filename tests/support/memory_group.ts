/** Where control groups for memory can be made: cgroup v2's one tree, or v1's for memory. */
const HIERARCHIES = [
  { root: "/sys/fs/cgroup", limit: "memory.max", peak: "memory.peak" },
  { root: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", peak: "memory.max_usage_in_bytes" },
] as const;

/**
 * A control group with a memory limit, as a container has one. Disposing of it takes it away: its processes must have
 * ended by then.
 */
export class MemoryGroup implements Disposable {
  readonly #path: string;
  readonly #peak: string;

  /** Linux, and root: else `undefined`. */
  static make(limitBytes: number): MemoryGroup | undefined {
    for (const { root, limit, peak } of HIERARCHIES) {
      const path = `${root}/bunny-test-${crypto.randomUUID()}`;
      try {
        Deno.mkdirSync(path);
      } catch {
        continue;
      }
      try {
        Deno.writeTextFileSync(`${path}/${limit}`, String(limitBytes), { create: false });
        return new MemoryGroup(path, `${path}/${peak}`);
      } catch {
        Deno.removeSync(path); // no such limit in this tree
      }
    }
    return undefined;
  }

  private constructor(path: string, peak: string) {
    this.#path = path;
    this.#peak = peak;
  }

  /** The command line that runs another one in here. */
  inside(command: readonly string[]): [string, ...string[]] {
    return [
      "/bin/sh",
      "-c",
      'echo $$ >"$1"; shift; exec "$@"',
      "sh",
      `${this.#path}/cgroup.procs`,
      ...command,
    ];
  }

  /** The most that was taken so far, file pages included. */
  get peakBytes(): number {
    return Number(Deno.readTextFileSync(this.#peak));
  }

  /** How often the kernel had to end a process for want of memory. */
  get kills(): number {
    for (const file of ["memory.events", "memory.oom_control"]) {
      try {
        const [, count] = /^oom_kill (\d+)$/m.exec(Deno.readTextFileSync(`${this.#path}/${file}`)) ?? [];
        if (count !== undefined) return Number(count);
      } catch {
        // the other version's
      }
    }
    return NaN;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#path);
  }
}
