import assert from "node:assert/strict";
import { LoopbackPause, TimerPause } from "../../src/base/pause.ts";

for (const kind of ["loopback", "timer"] as const) {
  Deno.test(`a ${kind} pause lets a connection in that came while we worked`, async () => {
    using pause = kind === "loopback" ? await LoopbackPause.open() : new TimerPause();
    assert.ok(pause);
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    let accepted = false;
    const accepting = listener.accept().then((connection) => {
      accepted = true;
      connection.close();
    });
    using _client = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
    for (let slice = 0; slice < 10 && !accepted; slice++) {
      const untilMs = performance.now() + 1;
      while (performance.now() < untilMs); // work
      await pause.wait();
    }
    assert.ok(accepted, "ten pauses passed without a look at the network");
    await accepting;
  });
}

Deno.test("a loopback pause says when its connection is gone", async () => {
  const pause = await LoopbackPause.open();
  assert.ok(pause);
  pause[Symbol.dispose]();
  await assert.rejects(pause.wait());
});
