/**
 * `deno task dev`: runs Bee and Bunny side by side on `bunny.example.yaml`, and starts again whichever of them a change
 * to the source concerns. Options: `--root DIR` (default: this repository), `--config PATH` (seen from the root).
 */
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { messageOf } from "../../src/base/errors.ts";
import { SHIPPED_ENVIRONMENT } from "../support/shipped_environment.ts";
import { DevChild } from "./dev_child.ts";
import { type DevPlan, readPlan, takenAmong } from "./dev_plan.ts";

/** Changes that come within this time of each other count as one. */
const DEBOUNCE_MS = 300;

/** How often to try whether Bunny answers yet, milliseconds. */
const KNOCK_EVERY_MS = 100;

/**
 * What each may do; `--no-prompt` makes all else an error instead of a question. Bunny may run any program, since
 * with a list of them Deno would not let it kill a probe's process group; its exec probes have a list of their own.
 */
const BEE_PERMISSIONS = ["--no-prompt", "--allow-net", "--allow-env"];
const BUNNY_PERMISSIONS = [
  "--no-prompt",
  "--allow-net",
  "--allow-env",
  "--allow-read",
  "--allow-sys",
  "--allow-run",
];

type ChildName = "bee" | "bunny";

/** Which of the two has to start again, by where the change is: the first line that fits. */
const CONCERNED: ReadonlyArray<{ under: string; names: readonly ChildName[] }> = [
  { under: "src/base/", names: ["bee", "bunny"] },
  { under: "src/", names: ["bunny"] },
  { under: "tests/bee/", names: ["bee"] },
];

async function main(args: string[]): Promise<number> {
  const option = { type: "string" } as const;
  const { values } = parseArgs({ args, options: { root: option, config: option } });
  const root = values.root ?? fileURLToPath(new URL("../..", import.meta.url));
  const configPath = values.config ?? "bunny.example.yaml";
  const plan = readPlan(root, configPath, (name) => Deno.env.get(name));
  const taken = takenAmong(plan.listening);
  for (const { owner, host, port } of taken) {
    console.error(`dev: port ${port} on ${host}, which ${owner} needs, is taken: end what listens there`);
  }
  if (taken.length > 0) return 1;

  const env = { LOG_HANDLER: Deno.env.get("LOG_HANDLER") ?? "text" };
  const bee = new DevChild({
    name: "bee",
    args: ["run", ...BEE_PERMISSIONS, "tests/bee/main.ts"],
    cwd: root,
    env,
    print,
  });
  const bunnyPermissions = [
    ...BUNNY_PERMISSIONS,
    ...(plan.storePath ? [`--allow-write=${plan.storePath}`] : []),
  ];
  const bunny = new DevChild({
    name: "bunny",
    args: ["run", ...bunnyPermissions, "src/main.ts", "run", "--config", configPath],
    cwd: root,
    env: { ...SHIPPED_ENVIRONMENT, ...env },
    print,
  });
  const stop = new AbortController();
  const stopped = onStopSignal((first) => {
    if (first) return stop.abort();
    for (const child of [bunny, bee]) child.kill();
  });
  bee.start();
  bunny.start();
  await Promise.all([
    sayWhereToLook(plan, stop.signal),
    restartOnChange({ root, configPath, bee, bunny, signal: stop.signal }),
  ]);
  print("dev", "ending Bunny and Bee");
  await Promise.all([bunny.stop(), bee.stop()]);
  stopped();
  return 0;
}

interface Watched {
  root: string;
  /** Bunny's configuration, from the root. */
  configPath: string;
  bee: DevChild;
  bunny: DevChild;
  signal: AbortSignal;
}

/** Starts again what a change concerns, until `signal` aborts. */
async function restartOnChange({ root, configPath, bee, bunny, signal }: Watched): Promise<void> {
  const children = { bee, bunny };
  const changed = new Set<ChildName>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let restarting = Promise.resolve();
  const restart = async () => {
    const names = [...changed];
    changed.clear();
    for (const name of names) {
      if (signal.aborted) return;
      print("dev", `starting ${name} again: something changed`);
      await children[name].stop();
      if (!signal.aborted) children[name].start();
    }
  };
  const follow = async (watcher: Deno.FsWatcher) => {
    signal.addEventListener("abort", () => watcher.close());
    for await (const { kind, paths } of watcher) {
      if (kind === "access") continue;
      const names = paths.flatMap((path) => concernedBy(relative(root, path).replaceAll("\\", "/")));
      // Bunny reads its configuration again by itself, unless a bad one ended it.
      if (!bunny.running && paths.some((path) => basename(path) === basename(configPath))) {
        names.push("bunny");
      }
      if (names.length === 0) continue;
      for (const name of names) changed.add(name);
      clearTimeout(timer);
      timer = setTimeout(() => restarting = restarting.then(restart), DEBOUNCE_MS);
    }
  };
  const source = ["src", "tests/bee"].map((folder) => join(root, folder));
  await Promise.all([
    follow(Deno.watchFs(source, { recursive: true })),
    follow(Deno.watchFs(dirname(resolve(root, configPath)), { recursive: false })),
  ]);
  clearTimeout(timer);
  await restarting;
}

function concernedBy(path: string): ChildName[] {
  if (!path.endsWith(".ts")) return []; // editors write all kinds of files beside the one being saved
  return CONCERNED.find(({ under }) => path.startsWith(under))?.names.slice() ?? [];
}

/** Says where to look as soon as Bunny takes connections. */
async function sayWhereToLook(
  { listening, statusPageUrl, healthPaths, beeHealthUrl }: DevPlan,
  signal: AbortSignal,
) {
  const { port } = listening.find(({ owner }) => owner === "bunny")!;
  while (!signal.aborted) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      break;
    } catch {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, KNOCK_EVERY_MS);
        function done() {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          resolve();
        }
        signal.addEventListener("abort", done);
      });
    }
  }
  if (signal.aborted) return;
  const verdicts = healthPaths.map((path) => ` /${path}`).join("");
  print(
    "dev",
    `look at ${statusPageUrl} (verdicts:${verdicts}), Bee is at ${beeHealthUrl}; Ctrl+C ends both`,
  );
}

/** Calls back at the first signal to stop, and at each later one. @returns what takes the listeners off again */
function onStopSignal(callback: (first: boolean) => void): () => void {
  const names: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  let first = true;
  const listener = () => {
    callback(first);
    first = false;
  };
  for (const name of names) Deno.addSignalListener(name, listener);
  return () => names.forEach((name) => Deno.removeSignalListener(name, listener));
}

/** Prints one line with its speaker in front. */
function print(name: string, line: string): void {
  const colour = { bee: 33, bunny: 35, dev: 36 }[name] ?? 0;
  const coloured = Deno.stdout.isTerminal() && !Deno.noColor;
  console.log(`${coloured ? `\x1b[${colour}m${name.padEnd(5)} │\x1b[0m` : `${name.padEnd(5)} │`} ${line}`);
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error(`dev: ${messageOf(error)}`);
    Deno.exit(1);
  }
}
