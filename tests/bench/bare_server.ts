/** The least that node:http can do: what every answer of ours is measured against. Prints its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer((_request, response) => {
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end("healthy\nthe query is 1\n");
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
