import assert from "node:assert/strict";
import { Connections, type Endable, type Patience } from "../../../src/ingress/http/connections.ts";

/** Writes down what happens to it. */
class Client implements Endable {
  bytesRead = 0;
  readonly told: string[] = [];

  end(): void {
    this.told.push("ended");
  }

  timeOut(): void {
    this.told.push("timed out");
  }

  onOverdue(): void {
    this.told.push("overdue");
  }
}

const PATIENCE: Patience = { readHeaderTimeoutMs: 5_000, idleTimeoutMs: 2_000, writeTimeoutMs: 10_000 };

/** Of a client that came at 0 and got one answer, at 1 ms. */
function answered(connections: Connections): Client {
  const client = new Client();
  connections.add(client, 10, 0);
  connections.begin(client, 0);
  assert.equal(connections.busyCount, 1);
  connections.finish(client, 1);
  return client;
}

Deno.test("Connections keep a client, idle, behind its answer", () => {
  const connections = new Connections();
  answered(connections);
  assert.deepEqual([connections.count, connections.busyCount], [1, 0]);
});

Deno.test("Connections forget a client that has left, and finish nothing for it", () => {
  const connections = new Connections();
  const client = answered(connections);
  connections.begin(client, 2);
  connections.forget(client);
  connections.finish(client, 3);
  assert.equal(connections.count, 0);
});

Deno.test("Connections end an idle one at the second look, for its next request may have come unread", () => {
  const connections = new Connections();
  const [asks, silent] = [answered(connections), answered(connections)];
  assert.equal(connections.sweep(1_900, PATIENCE), false);
  assert.equal(connections.sweep(2_500, PATIENCE), true, "the next look should come soon");
  assert.equal(connections.count, 2);
  connections.begin(asks, 2_505);
  connections.sweep(2_510, PATIENCE);
  assert.deepEqual([asks.told, silent.told], [[], ["ended"]]);
});

Deno.test("Connections time a client out whose request has begun, and does not end", () => {
  const connections = new Connections();
  const client = answered(connections);
  client.bytesRead = 1;
  for (const nowMs of [100, 3_000, 5_050]) connections.sweep(nowMs, PATIENCE);
  assert.deepEqual(client.told, []);
  for (const nowMs of [5_100, 5_110]) connections.sweep(nowMs, PATIENCE);
  assert.deepEqual([client.told, connections.count], [["timed out"], 0]);
});

Deno.test("Connections end a few at a look, and ask for another", () => {
  const connections = new Connections();
  for (let i = 0; i < 9; i++) connections.add(new Client(), 100, 0);
  connections.sweep(5_000, PATIENCE);
  assert.equal(connections.sweep(5_010, PATIENCE), true);
  assert.equal(connections.count, 4);
  connections.sweep(5_020, PATIENCE);
  assert.equal(connections.count, 0);
});

Deno.test("Connections have something said instead of an answer that does not begin in time", () => {
  const connections = new Connections();
  const client = new Client();
  connections.begin(client, 0);
  connections.sweep(9_900, PATIENCE);
  assert.deepEqual(client.told, []);
  connections.sweep(10_000, PATIENCE);
  assert.deepEqual(client.told, ["overdue"]);
});

const takers: { name: string; waitMs: number; everyMs: number; endsAtMs: number }[] = [
  {
    name: "takes all at once, however long the whole takes, up to six times the limit",
    waitMs: 200,
    everyMs: 500,
    endsAtMs: 60_000,
  },
  {
    name: "is slow, once it has been waited for long enough",
    waitMs: 1_000,
    everyMs: 2_000,
    endsAtMs: 19_000,
  },
  { name: "takes nothing, once its time is up", waitMs: 100_000, everyMs: 100_000, endsAtMs: 10_000 },
];
for (const { name, waitMs, everyMs, endsAtMs } of takers) {
  Deno.test(`Connections end a client that ${name}`, () => {
    const connections = new Connections();
    const client = new Client();
    connections.begin(client, 0);
    let nowMs = 0;
    for (; client.told.length === 0; nowMs += 100) {
      if (nowMs % everyMs === 0) connections.written(client, 1_000, nowMs);
      if (nowMs % everyMs === waitMs) connections.written(client, 0, nowMs);
      connections.sweep(nowMs, PATIENCE);
    }
    assert.deepEqual([client.told, nowMs - 100], [["ended"], endsAtMs]);
    assert.equal(connections.count, 0);
  });
}
