/** Takes all file descriptors, then probes: prints a line a kind with the reason for its failure. */
import { exec, grpc, http, probeOnce, tcp } from "./harness.ts";
import { ExecPolicy } from "../../src/probes/mod.ts";

/** Connects until there is nothing left to connect with. */
async function takeAll(port: number): Promise<Deno.TcpConn[]> {
  const taken: Deno.TcpConn[] = [];
  for (;;) {
    try {
      taken.push(await Deno.connect({ hostname: "127.0.0.1", port }));
    } catch (error) {
      if ((error as { code?: string }).code === "EMFILE") return taken;
      throw error;
    }
  }
}

if (Deno.env.get("FEW_FILES") === undefined) {
  // The limit is a shell's to set.
  const command = `ulimit -n 100; exec "$0" run -A --no-check "$1"`;
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", command, Deno.execPath(), new URL(import.meta.url).pathname],
    env: { FEW_FILES: "1" },
  });
  Deno.exit((await child.spawn().status).code);
}

using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const { port } = listener.addr;
const execPolicy = new ExecPolicy(["/bin/true"]);
const actions = [http({ port }), grpc({ port }), tcp({ port }), exec(["/bin/true"])];
await probeOnce(http({ port: 1 })); // whatever opens files once has done so now
const taken = await takeAll(port);
for (const action of actions) {
  const { outcome } = await probeOnce(action, { timeoutMs: 1_000, deps: { execPolicy } });
  console.log(action.kind, outcome.kind === "fail" ? outcome.reason : "passed");
}
for (const connection of taken) connection.close();
