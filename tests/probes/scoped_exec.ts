/** Runs the command of its arguments as an exec probe with a limit, and prints how far killing reaches and the reason. */
import { ExecPolicy, findKillReach } from "../../src/probes/mod.ts";
import { exec, probeOnce } from "./harness.ts";

const [program, ...args] = Deno.args;
console.log(findKillReach().kind);
const { outcome } = await probeOnce(exec([program, ...args]), {
  timeoutMs: 400,
  deps: { execPolicy: new ExecPolicy([program]) },
});
console.log(outcome.kind === "fail" ? outcome.reason : "passed");
