import process from "node:process";
import { VERSION } from "../model/version.ts";
import type { Reading } from "./reading.ts";

/** What the system says of this process, under the names that Prometheus' client libraries agree on. */
export function processReadings(): Reading[] {
  const cpu = process.cpuUsage();
  const memory = Deno.memoryUsage();
  const gauge = (name: string, help: string, value: number | undefined): Reading => ({
    name,
    kind: "gauge",
    help,
    value,
  });
  return [
    {
      name: "process_cpu_seconds_total",
      kind: "counter",
      help: "Processor time spent, user and system.",
      value: (cpu.user + cpu.system) / 1e6,
    },
    gauge("process_resident_memory_bytes", "Resident memory.", memory.rss),
    gauge(
      "process_start_time_seconds",
      "Unix time at which the process started.",
      performance.timeOrigin / 1_000,
    ),
    gauge("process_open_fds", "Open file descriptors.", openFiles()),
    gauge("bunny_heap_used_bytes", "JavaScript heap in use.", memory.heapUsed),
    gauge("bunny_heap_size_bytes", "JavaScript heap, in use or not.", memory.heapTotal),
    gauge(
      "bunny_external_memory_bytes",
      "Memory that JavaScript objects hold outside the heap.",
      memory.external,
    ),
    {
      ...gauge("bunny_build_info", "What runs: always 1.", 1),
      labels: { version: VERSION, deno: Deno.version.deno, v8: Deno.version.v8 },
    },
  ];
}

/** Deno lets only a process with every permission look; when Bunny has given any up, it isn't known. */
function openFiles(): number | undefined {
  try {
    let count = 0;
    for (const _ of Deno.readDirSync("/proc/self/fd")) count++;
    return count - 1; // one of them was ours, for looking
  } catch {
    return undefined;
  }
}
