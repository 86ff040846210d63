/** Hostile targets that the tables of tests/probes do not have: what they do to a probe, one run each. */
import assert from "node:assert/strict";
import type { TlsConfig } from "../../src/config/mod.ts";
import type { Reason } from "../../src/model/probe_result.ts";
import { ExecPolicy } from "../../src/probes/mod.ts";
import { assertOutcome, exec, http, NO_TLS, probeOnce, tcp } from "../probes/harness.ts";
import { httpPeer } from "../support/http_peer.ts";
import { tcpPeer } from "../support/tcp_peer.ts";
import { serverCertificate, tlsFixturePath } from "../support/tls_fixtures.ts";
import { HOSTILE_EXEC } from "./hostile_exec.ts";
import { HOSTILE_TCP, PING_PONG } from "./hostile_tcp.ts";
import { HOSTILE_TLS } from "./hostile_tls.ts";

/** A limit for those who want to be waited for, and for those who don't. */
function timeoutMs(want: "pass" | Reason): number | undefined {
  return want === "timeout" ? 200 : undefined;
}

const VERIFIES: TlsConfig = { ...NO_TLS, verify: true, ca: tlsFixturePath("authority.pem") };

for (const { name, script, want, verified = want } of HOSTILE_TLS) {
  for (const [how, tls, expected] of [["", NO_TLS, want], [", verified", VERIFIES, verified]] as const) {
    Deno.test(`a target's TLS${how}, ${name}: ${expected}`, async () => {
      await using honest = await httpPeer(undefined, { tls: serverCertificate() });
      await using peer = await tcpPeer(script(honest.port));
      const action = http({ port: peer.port, scheme: "HTTPS", tls });
      assertOutcome(await probeOnce(action, { timeoutMs: timeoutMs(expected) }), expected);
    });
  }
}

for (const { name, script, want } of HOSTILE_TCP) {
  for (const secure of [false, true]) {
    Deno.test(`a TCP target${secure ? " over TLS" : ""}, ${name}: ${want}`, async () => {
      await using peer = await tcpPeer(script, secure ? { tls: serverCertificate() } : {});
      const action = tcp({ port: peer.port, expect: PING_PONG, tls: secure ? NO_TLS : undefined });
      assertOutcome(await probeOnce(action, { timeoutMs: timeoutMs(want) }), want);
    });
  }
}

const execPolicy = new ExecPolicy(["/bin/sh"]);

for (const { name, script, want } of HOSTILE_EXEC) {
  Deno.test(`a command, ${name}: ${want}`, async () => {
    const run = await probeOnce(exec(["/bin/sh", "-c", script]), {
      timeoutMs: timeoutMs(want),
      deps: { execPolicy },
    });
    assertOutcome(run, want);
    assert(run.tookMs < 900, "nobody waits for who is left behind");
  });
}
