import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Connections, type Patience } from "../../src/ingress/connections.ts";

function socket(): Socket {
  const made = Object.assign(new EventEmitter(), {
    destroyed: false,
    bytesRead: 0,
    write: () => true,
    destroy: () => void (made.destroyed = true),
  });
  return made as unknown as Socket;
}

const DEAF = { onGone: () => {}, onOverdue: () => {} };

function answer(connections: Connections, from: Socket): void {
  const response = {} as ServerResponse;
  connections.begin(from, response, 0, DEAF);
  assert.equal(connections.busyCount, 1);
  connections.finish(from, response, 1);
}

Deno.test("Connections keep one that was told of, idle, behind its answer", () => {
  const connections = new Connections();
  const known = socket();
  connections.add(known, 10, 0);
  answer(connections, known);
  assert.deepEqual([connections.count, connections.busyCount], [1, 0]);
});

Deno.test("Connections keep nothing of a request on a socket of its own, as older runtimes have them", () => {
  const connections = new Connections();
  for (let i = 0; i < 100; i++) answer(connections, socket());
  assert.deepEqual([connections.count, connections.busyCount], [0, 0]);
});

const PATIENCE: Patience = { readHeaderTimeoutMs: 5_000, idleTimeoutMs: 2_000, writeTimeoutMs: 10_000 };

Deno.test("Connections end an idle one at the second look, for its next request may have come unread", () => {
  const connections = new Connections();
  const [asks, silent] = [socket(), socket()];
  for (const each of [asks, silent]) {
    connections.add(each, 10, 0);
    answer(connections, each);
  }
  assert.equal(connections.sweep(1_900, PATIENCE), false);
  assert.equal(connections.sweep(2_500, PATIENCE), true, "the next look should come soon");
  assert.equal(connections.count, 2);
  connections.begin(asks, {} as ServerResponse, 2_505, DEAF);
  connections.sweep(2_510, PATIENCE);
  assert.deepEqual([asks.destroyed, silent.destroyed], [false, true]);
});

Deno.test("Connections have something said instead of an answer that does not begin in time", () => {
  const connections = new Connections();
  const from = socket();
  const told: string[] = [];
  const hearer = { onGone: () => told.push("gone"), onOverdue: () => told.push("overdue") };
  connections.begin(from, { headersSent: false } as ServerResponse, 0, hearer);
  connections.sweep(9_900, PATIENCE);
  assert.deepEqual(told, []);
  connections.sweep(10_000, PATIENCE);
  assert.deepEqual(told, ["overdue"]);
  assert.equal(from.destroyed, false);
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
    const from = socket();
    const response = { headersSent: true } as ServerResponse;
    connections.begin(from, response, 0, DEAF);
    let nowMs = 0;
    for (; !from.destroyed; nowMs += 100) {
      if (nowMs % everyMs === 0) connections.written(from, response, 1_000, nowMs);
      if (nowMs % everyMs === waitMs) connections.written(from, response, 0, nowMs);
      connections.sweep(nowMs, PATIENCE);
    }
    assert.equal(nowMs - 100, endsAtMs);
    assert.equal(connections.count, 0);
  });
}
