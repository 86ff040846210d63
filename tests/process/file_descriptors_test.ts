import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { tempDir } from "../support/temp_dir.ts";
import { startBunny, untilStatus } from "./bunny.ts";

/** Enough to start, too few for the crowd. */
const FILES = 64;

const HAS_PRLIMIT = (() => {
  try {
    return new Deno.Command("prlimit", { args: ["--nofile", "true"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
})();

Deno.test({
  name: "Bunny without a file descriptor for one more client says so, and answers when there is one again",
  ignore: !HAS_PRLIMIT,
}, async () => {
  using dir = tempDir();
  const port = freePort();
  const config = dir.write("bunny.yaml", `ingress: { httpServer: { host: 127.0.0.1, port: ${port} } }\n`);
  await using bunny = await startBunny(config, {}, ["prlimit", `--nofile=${FILES}:${FILES}`]);
  const crowd: Deno.TcpConn[] = [];
  try {
    for (let i = 0; i < 2 * FILES; i++) crowd.push(await Deno.connect({ hostname: "127.0.0.1", port }));
    assert.match(await bunny.waitForLine(/"msg":"HTTP server"/), /"level":"ERROR".*too many open files/i);
  } finally {
    for (const connection of crowd) connection.close();
  }
  await untilStatus(port, "-/healthy", 200);
});
