/** What the kernel says of a process (Linux only). */
export interface ProcessStats {
  /** User and system time so far, ms. */
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** The part of the resident set that no file backs. */
  readonly anonymousBytes: number;
  /** The part that files back: the executable's pages, which all its processes on a machine share. */
  readonly fileBytes: number;
}

/** Clock ticks a second in /proc: 100 on every Linux that Deno runs on. */
const TICKS = 100;

export function processStats(pid: number): ProcessStats {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const bytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * 1_000 / TICKS,
    rssBytes: bytes("VmRSS"),
    anonymousBytes: bytes("RssAnon"),
    fileBytes: bytes("RssFile"),
  };
}

/** The value below which a share of the values lies; they need not be sorted. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
