/** `deno task bench [NAME…]`: runs the named benchmarks, all of them without a name. They print; they never judge. */
const BENCHMARKS: Readonly<Record<string, () => Promise<{ main(args: string[]): Promise<void> }>>> = {
  health: () => import("./health.ts"),
  probes: () => import("./probes.ts"),
  store: () => import("./store.ts"),
  query: () => import("./query.ts"),
  telemetry: () => import("./telemetry.ts"),
  memory: () => import("./memory.ts"),
  start: () => import("./start.ts"),
  reload: () => import("./reload.ts"),
  fairness: () => import("./fairness.ts"),
};

const names = Deno.args.filter((arg) => !arg.startsWith("-"));
const options = Deno.args.filter((arg) => arg.startsWith("-"));
const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(", ")}; there are: ${Object.keys(BENCHMARKS).join(", ")}`);
  Deno.exit(2);
}
for (const name of names.length > 0 ? names : Object.keys(BENCHMARKS)) {
  console.log(`\n== ${name}`);
  await (await BENCHMARKS[name]()).main(options);
}
