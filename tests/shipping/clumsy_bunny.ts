/**
 * Bunny with a mistake to order: `GET /throw` on a port of its own throws from a timer, `/reject` leaves a rejected promise
 * behind, `/often` throws ten times a second from then on, `/hoard` keeps all it makes. Arguments: configuration, port.
 */
import { liveBunny } from "./live_bunny.ts";

const [configPath, port] = Deno.args;

function trip(): never {
  throw new Error("tripped over my own feet");
}

const MISTAKES: Readonly<Record<string, () => void>> = {
  "/throw": () => setTimeout(trip, 0),
  "/reject": () => void Promise.reject(new Error("left lying about")),
  "/often": () => setInterval(trip, 100),
  "/hoard": () => {
    const hoard: unknown[] = [];
    setInterval(() => hoard.push(Array.from({ length: 10_000 }, (_, i) => ({ i }))), 10);
  },
};

Deno.serve({ port: Number(port), hostname: "127.0.0.1", onListen: () => {} }, (request) => {
  MISTAKES[new URL(request.url).pathname]?.();
  return new Response();
});

Deno.exit(await liveBunny(configPath));
