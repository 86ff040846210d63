/**
 * `bare_main.ts MAX_CONNECTIONS`: the least that node:http can do with limits like Bunny's, to be attacked alike. Prints
 * its port.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer({
  headersTimeout: 1_000,
  requestTimeout: 2_000,
  connectionsCheckingInterval: 250,
}, (_request, response) => {
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end("healthy\nthe query is 1\n");
});
server.maxConnections = Number(Deno.args[0]);
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
