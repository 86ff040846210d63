import assert from "node:assert/strict";
import type { HttpAction } from "../../src/config/mod.ts";
import { VERSION } from "../../src/model/version.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { httpPeer } from "../support/http_peer.ts";
import { tcpPeer } from "../support/tcp_peer.ts";
import { tempDir } from "../support/temp_dir.ts";
import { assertOutcome, http, probeOnce, probeTimes, TRACE, TRACEPARENT } from "./harness.ts";

const AGENT = `User-Agent: bunny/${VERSION}`;

interface Case {
  readonly name: string;
  readonly action?: Partial<HttpAction>;
  /** `HOST` stands for the target's host and port. */
  readonly want: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "by default",
    want: [
      "GET / HTTP/1.1",
      "Host: HOST",
      AGENT,
      "Accept: */*",
      `traceparent: ${TRACEPARENT}`,
      "Connection: close",
    ],
  },
  {
    name: "with a path that needs encoding",
    action: { path: "/a b/ü?q=1&r=[x]#part" },
    want: [
      "GET /a%20b/%C3%BC?q=1&r=[x] HTTP/1.1",
      "Host: HOST",
      AGENT,
      "Accept: */*",
      `traceparent: ${TRACEPARENT}`,
      "Connection: close",
    ],
  },
  {
    name: "with headers of one's own",
    action: {
      headers: [
        { name: "host", value: "app.example" },
        { name: "X-Twice", value: "one" },
        { name: "X-Twice", value: "two" },
        { name: "USER-AGENT", value: "me" },
        { name: "accept", value: "" },
        { name: "X-Empty", value: "" },
        { name: "traceparent", value: "mine" },
      ],
    },
    want: [
      "GET / HTTP/1.1",
      "Host: app.example",
      "X-Twice: one",
      "X-Twice: two",
      "USER-AGENT: me",
      "X-Empty: ",
      "traceparent: mine",
      "Connection: close",
    ],
  },
  {
    name: "with headers that would break the message",
    action: {
      headers: [
        { name: "User-Agent", value: "" },
        { name: "Content-Length", value: "5" },
        { name: "Transfer-Encoding", value: "chunked" },
        { name: "Connection", value: "keep-alive" },
        { name: "X-Sly", value: "a\r\nX-Smuggled: b" },
      ],
    },
    want: [
      "GET / HTTP/1.1",
      "Host: HOST",
      "X-Sly: a X-Smuggled: b",
      "Accept: */*",
      `traceparent: ${TRACEPARENT}`,
      "Connection: close",
    ],
  },
  {
    name: "by POST",
    action: { method: "POST" },
    want: [
      "POST / HTTP/1.1",
      "Host: HOST",
      AGENT,
      "Accept: */*",
      `traceparent: ${TRACEPARENT}`,
      "Content-Length: 0",
      "Connection: close",
    ],
  },
];

for (const { name, action, want } of CASES) {
  Deno.test(`http probe asks ${name}`, async () => {
    await using peer = await tcpPeer(async (conversation) => {
      await conversation.readUntil("\r\n\r\n");
      await conversation.send("HTTP/1.1 200 OK\r\n\r\n");
    });
    assertOutcome(await probeOnce(http({ port: peer.port, ...action }), { trace: TRACE }), "pass");
    const wanted = want.join("\r\n").replace("HOST", `127.0.0.1:${peer.port}`);
    assert.equal(peer.conversations[0].receivedText, `${wanted}\r\n\r\n`);
  });
}

Deno.test("http probe asks over a fresh connection each time", async () => {
  await using peer = await httpPeer();
  for (const run of await probeTimes(3, http({ port: peer.port }))) assertOutcome(run, "pass");
  assert.equal(peer.connections, 3);
});

Deno.test("http probe sends no traceparent without a trace", async () => {
  await using peer = await httpPeer();
  await probeOnce(http({ port: peer.port }));
  assert.equal(peer.requests[0].headers.traceparent, undefined);
});

Deno.test("http probe never tells the values of its headers, even when the target says them back", async () => {
  await using peer = await httpPeer((request, response) => {
    response.writeHead(500, { "x-echo": request.headers.authorization! });
    response.end(`you said ${request.headers.authorization}, that is ${request.headers["x-key"]}`);
  });
  const headers = [{ name: "Authorization", value: "Bearer tell-nobody" }, {
    name: "X-Key",
    value: "k3y-k3y",
  }];
  const run = await probeOnce(http({ port: peer.port, headers }));
  assertOutcome(run, "status", /: "you said \*\*\*, that is \*\*\*"$/);
  assert(!JSON.stringify(run).includes("tell-nobody"));
});

Deno.test("http probe reads the headers' file again when it changes, and keeps what it had while it can't", async () => {
  await using peer = await httpPeer();
  using dir = tempDir();
  const clock = new FakeClock();
  const path = dir.write("headers", "# token\nAuthorization: Bearer one\n\nX-Other : a: b \n");
  const action = http({
    port: peer.port,
    headersFromFile: path,
    headers: [{ name: "authorization", value: "old" }],
  });
  const runs = await probeTimes(4, action, { deps: { clock } }, async (run) => {
    if (run === 1) dir.write("headers", "Authorization: Bearer number two\n");
    if (run === 2) Deno.removeSync(path);
    await clock.advance(1_001);
  });
  for (const run of runs) assertOutcome(run, "pass");
  assert.deepEqual(peer.requests.map(({ headers }) => headers.authorization), [
    "Bearer one",
    "Bearer number two",
    "Bearer number two",
    "Bearer number two",
  ]);
  assert.equal(peer.requests[0].headers["x-other"], "a: b");
});

for (
  const { name, content, detail } of [
    { name: "is missing", content: undefined, detail: /cannot read headersFromFile/ },
    { name: "holds no headers", content: "just-a-secret-token\n", detail: /line 1 of .* is no header/ },
  ]
) {
  Deno.test(`http probe fails with a word about its headers' file when it ${name}`, async () => {
    using dir = tempDir();
    if (content) dir.write("headers", content);
    const run = await probeOnce(http({ headersFromFile: dir.join("headers") }));
    assertOutcome(run, "internal", detail);
    assert(!JSON.stringify(run).includes("secret-token"));
  });
}

Deno.test("http probe reaches ports that browsers block", async () => {
  let listener: Deno.TcpListener | undefined;
  for (const port of [6000, 6665, 6666, 6667, 6668, 6669, 10_080]) {
    try {
      listener = Deno.listen({ hostname: "127.0.0.1", port });
      break;
    } catch {
      // taken: the next one
    }
  }
  assert(listener, "one of these ports is free");
  const { port } = listener.addr;
  const accepted = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(1_000));
    await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  })();
  try {
    assertOutcome(await probeOnce(http({ port })), "pass");
  } finally {
    listener.close();
    await accepted;
  }
});
