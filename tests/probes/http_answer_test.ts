import assert from "node:assert/strict";
import { tcpPeer } from "../support/tcp_peer.ts";
import { assertOutcome, http, probeOnce } from "./harness.ts";
import { HTTP_ANSWERS } from "./http_answers.ts";
import { HTTP_HOSTILITY } from "./http_hostility.ts";

for (
  const { name, script, action, want, detail, status, timeoutMs } of [...HTTP_ANSWERS, ...HTTP_HOSTILITY]
) {
  Deno.test(`http probe, ${name}: ${want}`, async () => {
    await using peer = await tcpPeer(script);
    const run = await probeOnce(http({ port: peer.port, ...action }), { timeoutMs });
    assertOutcome(run, want, detail);
    if (status !== undefined) assert.equal(run.facts.httpStatusCode, status);
  });
}
