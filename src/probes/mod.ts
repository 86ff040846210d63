/** Probes: the kinds of them, the schedule that runs them, and the recorder that turns results into series. */
export { ExecPolicy, programsOf } from "./exec/exec_policy.ts";
export { findKillReach, type KillReach } from "./exec/process_group.ts";
export { makeProbe, type ProbeDeps } from "./make_probe.ts";
export { BufferPool } from "./net/inbox.ts";
export { Resolver } from "./net/resolver.ts";
export { fail, PASS, type Probe, type ProbeRun } from "./probe.ts";
export { Schedule, type ScheduleOptions } from "./schedule/schedule.ts";
