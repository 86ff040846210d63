import { resolve } from "node:path";
import { parse } from "yaml";
import { readOptions } from "./options.ts";

/** A place that a child is going to listen on. */
export interface Listening {
  owner: "bee" | "bunny";
  host: string;
  port: number;
}

export interface DevPlan {
  listening: Listening[];
  /** Bunny's status page. */
  statusPageUrl: string;
  /** Bunny's health endpoints, without a leading slash, in the order of the configuration. */
  healthPaths: string[];
  /** Bee's health, as Bunny sees it. */
  beeHealthUrl: string;
  /** Where Bunny keeps its store; undefined: in memory. */
  storePath: string | undefined;
}

/** Where Bunny listens unless its configuration says otherwise. */
const BUNNY_DEFAULTS = { host: "0.0.0.0", port: 1312 };

/**
 * Finds out where Bee and Bunny are going to listen. The configuration is looked at, not checked: to say what is wrong
 * with it is Bunny's part.
 * @throws with a message for the user when it can't be read, or Bee's environment makes no sense
 */
export function readPlan(
  root: string,
  configPath: string,
  env: (name: string) => string | undefined,
): DevPlan {
  const bee = readOptions([], env);
  if (bee === "help") throw new Error("no arguments can't ask for help");
  const config = parse(Deno.readTextFileSync(resolve(root, configPath)));
  const http = mapAt(config, ["ingress", "httpServer"]);
  const { tsdbPath } = mapAt(config, ["telemetry", "prometheus"]);
  const bunny = {
    host: typeof http.host === "string" ? http.host : BUNNY_DEFAULTS.host,
    port: typeof http.port === "number" ? http.port : BUNNY_DEFAULTS.port,
  };
  const { healthPort } = http;
  const health = Array.isArray(http.health) ? http.health : [];
  return {
    listening: [
      ...Object.values(bee.ports).map((port): Listening => ({ owner: "bee", host: bee.host, port })),
      { owner: "bunny", ...bunny },
      ...(typeof healthPort === "number" ? [{ owner: "bunny", ...bunny, port: healthPort } as const] : []),
    ],
    statusPageUrl: `http://127.0.0.1:${bunny.port}/`,
    healthPaths: health.map((endpoint) => String(endpoint?.path).replace(/^\//, "")),
    beeHealthUrl: `http://${bee.host}:${bee.ports.health}/healthz`,
    storePath: typeof tsdbPath === "string" && tsdbPath !== "" ? tsdbPath : undefined,
  };
}

/** The mapping at a path of keys; an empty one where there is none. */
function mapAt(config: unknown, keys: string[]): Record<string, unknown> {
  let value = config;
  for (const key of keys) {
    value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

/** Those of the places where somebody listens already. */
export function takenAmong(places: readonly Listening[]): Listening[] {
  return places.filter(({ host, port }) => {
    if (port === 0) return false;
    try {
      Deno.listen({ hostname: host, port }).close();
      return false;
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) return true;
      throw error;
    }
  });
}
