import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Connections } from "../../src/ingress/connections.ts";

function socket(): Socket {
  return Object.assign(new EventEmitter(), { destroyed: false, bytesRead: 0 }) as unknown as Socket;
}

function answer(connections: Connections, from: Socket): void {
  const response = {} as ServerResponse;
  connections.begin(from, response, 0, () => {});
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
