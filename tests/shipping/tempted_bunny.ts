/**
 * Bunny with a port of its own on which it can be led astray: `GET /program`, `/library`, `/import`, `/write` and `/again`
 * try what the path says inside the process, and answer with what came of it. Arguments: configuration, port, directory,
 * address of a module to import.
 */
import { readEnvironment } from "../../src/config/mod.ts";
import { liveBunny } from "./live_bunny.ts";

const [configPath, port, dir, moduleUrl] = Deno.args;

const TEMPTATIONS: Readonly<Record<string, () => Promise<unknown>>> = {
  "/program": () => new Deno.Command("/bin/true").output(),
  "/library": async () => await Promise.resolve(Deno.dlopen("libc.so.6", {})),
  "/import": () => import(moduleUrl),
  "/write": () => Deno.writeTextFile(`${dir}/written`, "x"),
  "/again": async () => {
    const { state } = await Deno.permissions.request({ name: "run" });
    if (state !== "granted") throw new Deno.errors.NotCapable(state);
  },
};

Deno.serve({ port: Number(port), hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
  try {
    await TEMPTATIONS[new URL(request.url).pathname]();
    return new Response("done");
  } catch (error) {
    return new Response((error as Error).name);
  }
});

Deno.exit(await liveBunny(configPath, readEnvironment((name) => Deno.env.get(name)).environment.execAllow));
