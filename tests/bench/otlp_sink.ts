/** Takes whatever is posted and answers 200, as a collector with nothing to say does. Prints its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.end());
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
