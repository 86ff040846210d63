import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { freePort } from "./free_port.ts";
import { httpPeer } from "./http_peer.ts";
import { tcpPeer, unacceptingPeer } from "./tcp_peer.ts";
import { tempDir } from "./temp_dir.ts";
import {
  authorityCertificate,
  clientCertificate,
  SERVER_CERTIFICATE_EXPIRY_SECONDS,
  type ServerCertificate,
  serverCertificate,
} from "./tls_fixtures.ts";

const LOOPBACK = "127.0.0.1";
const utf8 = new TextEncoder();

async function readAll(connection: Deno.Conn): Promise<string> {
  return await new Response(connection.readable).text();
}

Deno.test("a TCP peer follows its script and keeps what it heard", async () => {
  await using peer = await tcpPeer(async (conversation) => {
    const first = await conversation.readUntil("\r\n");
    await conversation.send(`you said ${first}`);
    await conversation.send(`, then ${await conversation.readToEnd()}`);
  });
  const connection = await Deno.connect({ hostname: LOOPBACK, port: peer.port });
  await connection.write(utf8.encode("one\r\nt"));
  await connection.write(utf8.encode("wo"));
  await connection.closeWrite();
  assert.equal(await readAll(connection), "you said one, then two");
  assert.deepEqual(peer.conversations.map((conversation) => conversation.receivedText), ["one\r\ntwo"]);
});

Deno.test("a TCP peer resets", async () => {
  await using peer = await tcpPeer(async (conversation) => {
    await conversation.readUntil("\n");
    conversation.reset();
  });
  using connection = await Deno.connect({ hostname: LOOPBACK, port: peer.port });
  await connection.write(utf8.encode("hello\n"));
  await assert.rejects(connection.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
});

Deno.test("a TCP peer hangs until the caller leaves", async () => {
  let over = false;
  await using peer = await tcpPeer(async (conversation) => {
    await conversation.send("wait");
    await conversation.hang();
    over = true;
  });
  const connection = await Deno.connect({ hostname: LOOPBACK, port: peer.port });
  await connection.read(new Uint8Array(4));
  assert.equal(over, false);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(over, false);
  connection.close();
});

Deno.test("a TCP peer floods until the caller leaves", async () => {
  let sentBytes = 0;
  {
    await using peer = await tcpPeer(async (conversation) => {
      sentBytes = await conversation.flood("x".repeat(65_536));
    });
    using connection = await Deno.connect({ hostname: LOOPBACK, port: peer.port });
    const buffer = new Uint8Array(65_536);
    for (let readBytes = 0; readBytes < 1_000_000;) readBytes += await connection.read(buffer) ?? 0;
  }
  assert.ok(sentBytes >= 1_000_000, `${sentBytes} bytes sent`);
});

Deno.test("a TCP peer that stops reading brings the caller's writes to a stand", async () => {
  await using peer = await tcpPeer((conversation) => {
    conversation.stopReading();
    return conversation.hang();
  });
  const connection = await Deno.connect({ hostname: LOOPBACK, port: peer.port });
  const chunk = new Uint8Array(1_048_576);
  const stuck = (async () => {
    for (;;) await connection.write(chunk);
  })();
  const first = await Promise.race([
    stuck.catch(() => "failed"),
    new Promise((resolve) => setTimeout(() => resolve("stuck"), 300)),
  ]);
  assert.equal(first, "stuck");
  connection.close();
  await assert.rejects(stuck);
});

Deno.test("a script's error comes out at the end of the peer", async () => {
  const peer = await tcpPeer(() => {
    throw new RangeError("bad script");
  });
  const connection = await Deno.connect({ hostname: LOOPBACK, port: peer.port });
  assert.equal(await readAll(connection), "");
  await assert.rejects(async () => await peer[Symbol.asyncDispose](), /bad script/);
});

Deno.test("nobody gets through to an unaccepting peer", async () => {
  using peer = await unacceptingPeer();
  const signal = AbortSignal.timeout(300);
  await assert.rejects(Deno.connect({ hostname: LOOPBACK, port: peer.port, signal }), {
    name: "TimeoutError",
  });
});

Deno.test("a free port refuses connections, and can be had", async () => {
  const port = freePort();
  await assert.rejects(Deno.connect({ hostname: LOOPBACK, port }), Deno.errors.ConnectionRefused);
  using listener = Deno.listen({ hostname: LOOPBACK, port });
  assert.equal(listener.addr.port, port);
});

Deno.test("an HTTP peer answers as told and keeps what it was asked", async () => {
  await using peer = await httpPeer((request, response) => {
    response.writeHead(418, { "x-was": request.method }).end("short and stout");
  });
  const response = await fetch(`${peer.url}/pot?lid=on`, {
    method: "POST",
    body: "tea",
    headers: { "X-Bee": "1" },
  });
  assert.equal(response.status, 418);
  assert.equal(response.headers.get("x-was"), "POST");
  assert.equal(await response.text(), "short and stout");
  const [request] = peer.requests;
  assert.equal(request.url, "/pot?lid=on");
  assert.equal(request.body, "tea");
  assert.equal(request.headers["x-bee"], "1");
  assert.equal(peer.connections, 1);
});

Deno.test("an HTTP peer can hang, and still closes", async () => {
  const peer = await httpPeer(() => {});
  const answer = fetch(peer.url).then((response) => response.text());
  const rejected = assert.rejects(answer);
  while (peer.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await peer[Symbol.asyncDispose]();
  await rejected;
  await assert.rejects(Deno.connect({ hostname: LOOPBACK, port: peer.port }), Deno.errors.ConnectionRefused);
});

for (
  const { name, trusted } of [
    { name: "server", trusted: true },
    { name: "expired", trusted: false },
    { name: "not_yet_valid", trusted: false },
    { name: "wrong_name", trusted: false },
    { name: "untrusted", trusted: false },
  ] as Array<{ name: ServerCertificate; trusted: boolean }>
) {
  Deno.test(`certificate "${name}" is ${trusted ? "" : "not "}trusted`, async () => {
    await using peer = await httpPeer(undefined, { tls: serverCertificate(name) });
    using client = Deno.createHttpClient({ caCerts: [authorityCertificate()] });
    const answer = fetch(peer.url, { client }).then((response) => response.text());
    if (trusted) assert.equal(await answer, "ok\n");
    else await assert.rejects(answer, TypeError);
  });
}

Deno.test("the server's certificate runs out when its fixture says", () => {
  const { validTo } = new X509Certificate(serverCertificate().cert);
  assert.equal(Date.parse(validTo) / 1_000, SERVER_CERTIFICATE_EXPIRY_SECONDS);
});

Deno.test("a TLS peer that wants a client certificate gets one, or refuses", async (t) => {
  const tls = { ...serverCertificate(), clientCa: authorityCertificate(), alpn: ["h2"] };
  await using peer = await tcpPeer(async (conversation) => void await conversation.send("welcome"), { tls });
  const options = {
    hostname: "localhost",
    port: peer.port,
    caCerts: [authorityCertificate()],
    alpnProtocols: ["h2"],
  };
  await t.step("with a certificate", async () => {
    const connection = await Deno.connectTls({ ...options, ...clientCertificate() });
    assert.equal((await connection.handshake()).alpnProtocol, "h2");
    assert.equal(await readAll(connection), "welcome");
  });
  await t.step("without", async () => {
    using connection = await Deno.connectTls(options);
    await assert.rejects(async () => {
      await connection.handshake();
      await connection.read(new Uint8Array(1));
    });
  });
  assert.equal(peer.conversations.length, 1);
});

Deno.test("a temporary directory takes files in folders, and goes with its scope", () => {
  let path: string;
  {
    using dir = tempDir();
    path = dir.path;
    assert.equal(dir.write("a/b.txt", "text"), dir.join("a", "b.txt"));
    assert.equal(Deno.readTextFileSync(dir.join("a/b.txt")), "text");
  }
  assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
});
