import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { httpPeer } from "../support/http_peer.ts";
import { get, type RawAnswer, rawHttp } from "../support/raw_http.ts";
import { config, type Shape, started } from "./service_rig.ts";

/** Status of one GET. */
async function status(port: number | undefined, path = "ready"): Promise<number> {
  return (await rawHttp(port!, get(`/${path}`))).status;
}

const refused = (port: number) => assert.rejects(Deno.connect({ hostname: "127.0.0.1", port }));

const PATHS: { path: string; main: number; health: number }[] = [
  { path: "ready", main: 200, health: 200 },
  { path: "ready?verbose", main: 200, health: 200 },
  { path: "-/healthy", main: 200, health: 200 },
  { path: "-/ready", main: 200, health: 200 },
  { path: "", main: 200, health: 404 },
  { path: "-/status", main: 200, health: 404 },
  { path: "-/page/page.js", main: 200, health: 404 },
  { path: "api/v1/query?query=1", main: 200, health: 404 },
  { path: "api/v1/status/config", main: 200, health: 404 },
  { path: "otel-metrics", main: 200, health: 404 },
  { path: "prom-metrics", main: 200, health: 404 },
  { path: "nothing", main: 404, health: 404 },
];

Deno.test("health port: it answers verdicts and nothing else, the other port all of it", async () => {
  await using running = await started(config({ healthPort: 0 }));
  const { service } = running;
  const got: typeof PATHS = [];
  for (const { path } of PATHS) {
    const main = await status(service.port, path);
    got.push({ path, main, health: await status(service.healthPort, path) });
  }
  assert.deepEqual(got, PATHS);
  assert.equal((await rawHttp(service.healthPort!, get("/ready", "DELETE"))).status, 405);
});

Deno.test("health port: there is none unless it is asked for", async () => {
  await using running = await started(config({}));
  assert.equal(running.service.healthPort, undefined);
});

Deno.test("health port: a start that can't have it leaves nothing listening", async () => {
  await using taken = await httpPeer();
  const port = freePort();
  await assert.rejects(started(config({ port, healthPort: taken.port })), /address already in use/);
  await refused(port);
});

Deno.test("health port: limits are its own as well, a reload's too", async () => {
  const limits = (bytes: number) => config({ healthPort: 0, httpServer: `maxHeaderBytes: ${bytes}` });
  await using running = await started(limits(1_000));
  const { service } = running;
  const asked = `GET /ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: ${"x".repeat(2_000)}\r\n\r\n`;
  assert.equal((await rawHttp(service.healthPort!, asked)).status, 431);
  await service.apply(limits(4_000));
  assert.equal((await rawHttp(service.healthPort!, asked)).status, 200);
});

/** Endpoints whose verdicts wait. */
interface Slow extends AsyncDisposable {
  readonly endpoints: readonly string[];
  /** Asks as many of them as there are ports, each on one. Resolves to the answers to come when all are being waited for. */
  ask(ports: readonly number[]): Promise<readonly Promise<RawAnswer>[]>;
  /** Lets all verdicts come. */
  answer(): void;
}

async function slowEndpoints(): Promise<Slow> {
  const released = Promise.withResolvers<void>();
  const peer = await httpPeer(async (_, response) => {
    await released.promise;
    response.end(`{"status":"success","data":{"resultType":"scalar","result":[0,"1"]}}`);
  });
  const endpoint = (path: string) =>
    `{ path: ${path}, source: remote, remoteUrl: "http://127.0.0.1:${peer.port}", ` +
    `instantQuery: { query: "1", timeout: 30s } }`;
  return {
    endpoints: ["slow0", "slow1"].map(endpoint),
    ask: async (ports) => {
      const answers = ports.map((port, i) => rawHttp(port, get(`/slow${i}`), 30_000));
      while (peer.requests.length < ports.length) await new Promise((resolve) => setTimeout(resolve, 5));
      return answers;
    },
    answer: released.resolve,
    async [Symbol.asyncDispose]() {
      released.resolve();
      await peer[Symbol.asyncDispose]();
    },
  };
}

type Name = "a" | "b" | "c" | "d";

interface Ports {
  readonly main: Name;
  readonly health?: Name;
}

const namesOf = ({ main, health }: Ports): Name[] => health ? [main, health] : [main];

const RELOADS: { name: string; from: Ports; to: Ports }[] = [
  { name: "adds it", from: { main: "a" }, to: { main: "a", health: "b" } },
  { name: "moves it", from: { main: "a", health: "b" }, to: { main: "a", health: "c" } },
  { name: "removes it", from: { main: "a", health: "b" }, to: { main: "a" } },
  { name: "moves the main port", from: { main: "a", health: "b" }, to: { main: "c", health: "b" } },
  { name: "moves both", from: { main: "a", health: "b" }, to: { main: "c", health: "d" } },
  { name: "swaps both", from: { main: "a", health: "b" }, to: { main: "b", health: "a" } },
  { name: "makes it the main port", from: { main: "a", health: "b" }, to: { main: "b" } },
  { name: "makes the main port it", from: { main: "a" }, to: { main: "b", health: "a" } },
];

/** Ports for names, all free a moment ago, and a shape for a pair of them. */
function places(): { port: Record<Name, number>; shape: (ports: Ports) => Shape } {
  const held = Array.from({ length: 4 }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const [a, b, c, d] = held.map(({ addr }) => addr.port);
  for (const each of held) each.close();
  const port = { a, b, c, d };
  const shape = ({ main, health }: Ports) => ({ port: port[main], healthPort: health && port[health] });
  return { port, shape };
}

for (const { name, from, to } of RELOADS) {
  Deno.test(`health port: a reload ${name}, and what was begun is finished`, async () => {
    await using slow = await slowEndpoints();
    const { port, shape } = places();
    await using running = await started(config({ ...shape(from), endpoints: slow.endpoints }));
    const { service } = running;
    const began = await slow.ask(namesOf(from).map((each) => port[each]));

    assert.deepEqual(await service.apply(config(shape(to))), { kind: "applied" });
    assert.deepEqual([service.port, service.healthPort], [port[to.main], to.health && port[to.health]]);
    assert.deepEqual([await status(service.port), await status(service.port, "otel-metrics")], [200, 200]);
    if (to.health) {
      const { healthPort } = service;
      assert.deepEqual([await status(healthPort), await status(healthPort, "otel-metrics")], [200, 404]);
    }
    for (const each of namesOf(from)) if (!namesOf(to).includes(each)) await refused(port[each]);
    slow.answer();
    for (const answer of began) assert.equal((await answer).status, 200);
  });
}

const UNHAD: { name: string; from: Ports; to: Ports; taken: Name }[] = [
  { name: "added", from: { main: "a" }, to: { main: "a", health: "c" }, taken: "c" },
  { name: "moved", from: { main: "a", health: "b" }, to: { main: "a", health: "c" }, taken: "c" },
  {
    name: "moved with the main port",
    from: { main: "a", health: "b" },
    to: { main: "c", health: "d" },
    taken: "d",
  },
  {
    name: "swapped for a main port",
    from: { main: "a", health: "b" },
    to: { main: "c", health: "a" },
    taken: "c",
  },
];

for (const { name, from, to, taken } of UNHAD) {
  Deno.test(`health port: one that can't be had when it is ${name} changes nothing`, async () => {
    const { port, shape } = places();
    using _other = Deno.listen({ hostname: "127.0.0.1", port: port[taken] });
    await using running = await started(config(shape(from)));
    const { service } = running;
    const outcome = await service.apply(
      config({ ...shape(to), endpoints: ['{ path: new, instantQuery: { query: "1" } }'] }),
    );
    assert.ok(outcome.kind === "refused");
    assert.match(outcome.reasons[0], /address already in use/);
    assert.deepEqual([service.port, service.healthPort], [port[from.main], from.health && port[from.health]]);
    const got = [await status(service.port), await status(service.port, "otel-metrics")];
    assert.deepEqual([...got, await status(service.port, "new")], [200, 200, 404]);
    if (from.health) {
      const { healthPort } = service;
      assert.deepEqual([await status(healthPort), await status(healthPort, "otel-metrics")], [200, 404]);
    }
    for (const each of namesOf(to)) {
      if (each !== taken && !namesOf(from).includes(each)) await refused(port[each]);
    }
  });
}

Deno.test("health port: a host that changes alone is refused with a word on what to do", async () => {
  const { shape } = places();
  const ports = shape({ main: "a", health: "b" });
  await using running = await started(config(ports));
  const { service } = running;
  const outcome = await service.apply(config({ ...ports, port: freePort(), host: "0.0.0.0" }));
  assert.ok(outcome.kind === "refused");
  assert.match(outcome.reasons[0], /address already in use.*at the next start, or with another port/);
  assert.deepEqual([await status(service.port), await status(service.healthPort)], [200, 200]);
});

Deno.test("health port: reloads that move the other port drop none of its requests", async () => {
  const { port, shape } = places();
  const shapes = (["a", "c", "d"] as const).map((main) => shape({ main, health: "b" }));
  await using running = await started(config(shapes[0]));
  const { service } = running;
  const statuses = new Set<number>();
  let asked = 0;
  let isOver = false;
  const asking = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      statuses.add(await status(port.b));
      asked++;
    }
  });
  for (let i = 1; i <= 20; i++) {
    const before = asked;
    assert.equal((await service.apply(config(shapes[i % 3]))).kind, "applied");
    while (asked < before + 4) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  isOver = true;
  await Promise.all(asking);
  assert.deepEqual([...statuses], [200]);
});

Deno.test("health port: a stop lets both ports finish what they began, then nobody listens", async () => {
  await using slow = await slowEndpoints();
  const { port, shape } = places();
  const { service } = await started(
    config({ ...shape({ main: "a", health: "b" }), endpoints: slow.endpoints }),
  );
  const began = await slow.ask([port.a, port.b]);
  const stopped = service.stop(10_000);
  slow.answer();
  for (const answer of began) assert.equal((await answer).status, 200);
  await stopped;
  await refused(port.a);
  await refused(port.b);
});

Deno.test("health port: a restart after an error listens on both again", async () => {
  const { port, shape } = places();
  await using running = await started(config(shape({ main: "a", health: "b" })));
  await running.service.restart();
  assert.deepEqual([await status(port.a, "otel-metrics"), await status(port.b)], [200, 200]);
});

Deno.test("health port: connections that fill the other port take none of its own, and all are counted", async () => {
  const limits = "maxConnections: 50\n    readHeaderTimeoutMilliseconds: 60000";
  await using running = await started(config({ healthPort: 0, httpServer: limits }));
  const { service } = running;
  const silent: Deno.TcpConn[] = [];
  const shown = async (port: number) =>
    Number(/\nbunny_http_connections (\d+)\n/.exec((await rawHttp(port, get("/prom-metrics"))).text)?.[1]);
  try {
    const patient = await Deno.connect({ hostname: "127.0.0.1", port: service.healthPort! });
    silent.push(patient); // the first to go if the others could push it out
    for (let i = 0; i < 60; i++) {
      silent.push(await Deno.connect({ hostname: "127.0.0.1", port: service.port }));
    }
    assert.equal(await shown(service.port), 51);
    assert.equal(await status(service.healthPort), 200);
    await patient.write(new TextEncoder().encode(get("/ready")));
    const count = await patient.read(new Uint8Array(1_000));
    assert.ok(count, "the connection was ended for those of the other port");
  } finally {
    for (const connection of silent) connection.close();
  }
});
