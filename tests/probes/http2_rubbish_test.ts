import assert from "node:assert/strict";
import { FLAG } from "../../src/probes/http2/frame.ts";
import type { Header } from "../../src/probes/http2/hpack.ts";
import { tcpPeer } from "../support/tcp_peer.ts";
import { GRPC_RUBBISH } from "./grpc_rubbish.ts";
import { H2C_RUBBISH } from "./h2c_rubbish.ts";
import { assertOutcome, grpc, http, probeOnce, regex } from "./harness.ts";
import { data, headers, says, SETTINGS } from "./http2_script.ts";

for (const { name, script, want, detail, timeoutMs } of GRPC_RUBBISH) {
  Deno.test(`grpc probe, HTTP/2 with ${name}: ${want}`, async () => {
    await using peer = await tcpPeer(script);
    assertOutcome(await probeOnce(grpc({ port: peer.port }), { timeoutMs }), want, detail);
  });
}

for (const { name, script, want, detail, timeoutMs } of H2C_RUBBISH) {
  Deno.test(`http probe over h2c, ${name}: ${want}`, async () => {
    await using peer = await tcpPeer(script);
    const action = http({
      port: peer.port,
      protocol: "h2c",
      expectedHeaders: { "x-ready": regex("yes") },
      body: { matches: regex("ready"), notMatches: undefined },
    });
    assertOutcome(await probeOnce(action, { timeoutMs }), want, detail);
  });
}

for (
  const { name, method, status = "200", length, body, want, detail } of [
    { name: "as long as its length", length: "2", body: "ok", want: "pass" },
    {
      name: "shorter",
      length: "100",
      body: "ok",
      want: "body",
      detail: /^the body ended after 2 of 100 bytes$/,
    },
    { name: "longer", length: "1", body: "ok", want: "body", detail: /longer than the 1 bytes/ },
    { name: "not there at all", length: "100", want: "body", detail: /after 0 of 100 bytes/ },
    { name: "of a length that makes no sense", length: "-2", body: "ok", want: "pass" },
    { name: "not there, to a HEAD", method: "HEAD", length: "100", want: "pass" },
    { name: "not there, with a 204", status: "204", length: "100", want: "pass" },
    { name: "not there, with a 304", status: "304", length: "100", want: "pass" },
    { name: "of more bytes than are read", length: "99999", body: "x".repeat(12_000), want: "pass" },
  ] as const
) {
  Deno.test(`http probe over h2c, a body ${name}: ${want}`, async () => {
    const flags = body === undefined ? FLAG.endHeaders | FLAG.endStream : FLAG.endHeaders;
    const answer = [SETTINGS, headers([[":status", status], ["content-length", length]], flags)];
    if (body !== undefined) answer.push(data(new TextEncoder().encode(body), FLAG.endStream));
    await using peer = await tcpPeer(says(...answer));
    const action = http({ port: peer.port, protocol: "h2c", method: method ?? "GET" });
    assertOutcome(await probeOnce(action), want, detail);
  });
}

Deno.test("http probe over h2c follows redirects, and asks with its headers", async () => {
  let connections = 0;
  await using peer = await tcpPeer(async (conversation) => {
    const isFirst = connections++ === 0;
    await conversation.readUntil("SM\r\n\r\n");
    await conversation.send(SETTINGS);
    const location: Header[] = isFirst ? [["location", "/next"]] : [];
    await conversation.send(
      headers([[":status", isFirst ? "307" : "204"], ...location], FLAG.endHeaders | FLAG.endStream),
    );
    await conversation.hang();
  });
  const run = await probeOnce(
    http({ port: peer.port, protocol: "h2c", headers: [{ name: "X-Who", value: "bunny?" }] }),
  );
  assertOutcome(run, "pass");
  assert.equal(run.facts.httpRedirects, 1);
  assert.equal(run.facts.httpStatusCode, 204);
  const request = new TextDecoder("latin1").decode(peer.conversations[1].received);
  for (const part of [":method\x03GET", ":path\x05/next", ":scheme\x04http", "x-who\x06bunny?"]) {
    assert(request.includes(part));
  }
});
