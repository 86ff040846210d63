/**
 * Starts Bee, the demo app: `deno run --allow-net --allow-env tests/bee/main.ts [--period-ms 20000] …`
 * Each option can come from the environment too: `--period-ms` is `BEE_PERIOD_MS`. Options win.
 */
import { messageOf } from "../../src/base/errors.ts";
import { Bee, type BeeOptions } from "./bee.ts";
import { readOptions, USAGE } from "./options.ts";

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once, as the system has it. */
function stopSignal(): Promise<Deno.Signal> {
  return new Promise((resolve) => {
    const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGTERM", "SIGINT"];
    const listeners = signals.map((signal) => {
      const listener = () => {
        for (const { signal, listener } of listeners) Deno.removeSignalListener(signal, listener);
        resolve(signal);
      };
      Deno.addSignalListener(signal, listener);
      return { signal, listener };
    });
  });
}

async function main(): Promise<number> {
  let options: BeeOptions | "help";
  try {
    options = readOptions(Deno.args, Deno.env.get);
  } catch (error) {
    console.error(`bee: ${messageOf(error)}\n\n${USAGE}`);
    return 2;
  }
  if (options === "help") {
    console.log(USAGE);
    return 0;
  }
  const stop = stopSignal();
  try {
    await using bee = await Bee.start(options);
    const { host, wave } = options;
    const { health, hello, tcp, grpc } = bee.ports;
    console.log(
      `bee: up on ${host}: http ${health} (/healthz, /queue), http ${hello} (/hello), tcp ${tcp}, grpc ${grpc}; ` +
        `one wave takes ${wave.periodMs / 1_000} s`,
    );
    console.log(`bee: ${await stop}, closing`);
    return 0;
  } catch (error) {
    console.error(`bee: ${messageOf(error)}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main());
