import assert from "node:assert/strict";
import type { HttpAction } from "../../src/config/mod.ts";
import type { Reason } from "../../src/model/probe_result.ts";
import { Quoter } from "../../src/probes/excerpt.ts";
import { redirectOf } from "../../src/probes/http/redirect.ts";
import { httpPeer } from "../support/http_peer.ts";
import { serverCertificate } from "../support/tls_fixtures.ts";
import { assertOutcome, http, probeOnce } from "./harness.ts";

interface Case {
  readonly name: string;
  readonly action?: Partial<HttpAction>;
  /** Path → status and location; others answer 200. `PORT` stands for the peer's port. */
  readonly redirects: Readonly<Record<string, readonly [status: number, location: string]>>;
  readonly want: "pass" | Reason;
  readonly detail?: RegExp;
  readonly status?: number;
  readonly warning?: RegExp;
  /** Methods and paths, as the peer saw them. */
  readonly requests: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "to a relative path",
    redirects: { "/": [302, "a?b=c"] },
    want: "pass",
    status: 200,
    requests: ["GET /", "GET /a?b=c"],
  },
  {
    name: "to the same host by its full address",
    redirects: { "/": [301, "http://127.0.0.1:PORT/a"], "/a": [308, "/b"] },
    want: "pass",
    requests: ["GET /", "GET /a", "GET /b"],
  },
  {
    name: "to itself for ever",
    redirects: { "/": [307, "/"] },
    want: "redirect",
    detail: /more than 10 times/,
    requests: Array(11).fill("GET /"),
  },
  {
    name: "ten times",
    redirects: Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`/${i || ""}`, [302, `/${i + 1}`] as const]),
    ),
    want: "pass",
    requests: Array.from({ length: 11 }, (_, i) => `GET /${i || ""}`),
  },
  {
    name: "to another host",
    redirects: { "/": [302, "http://elsewhere.test/a"] },
    want: "pass",
    status: 302,
    warning: /redirect to another host \("elsewhere.test"\)/,
    requests: ["GET /"],
  },
  {
    name: "to another host where a redirect is not what was asked for",
    action: { expectedStatuses: [{ from: 200, to: 200 }] },
    redirects: { "/": [302, "http://elsewhere.test/a"] },
    want: "status",
    requests: ["GET /"],
  },
  {
    name: "to another protocol",
    redirects: { "/": [302, "ftp://127.0.0.1/a"] },
    want: "redirect",
    requests: ["GET /"],
  },
  {
    name: "to an address as long as may be",
    redirects: { "/": [302, `/${"x".repeat(8_191)}`] },
    want: "pass",
    requests: ["GET /", `GET /${"x".repeat(8_191)}`],
  },
  {
    name: "to a longer address",
    redirects: { "/": [302, `/${"x".repeat(8_192)}`] },
    want: "redirect",
    detail: /^redirected to an address of 8193 characters, more than 8192$/,
    requests: ["GET /"],
  },
  { name: "to nonsense", redirects: { "/": [302, "http://[::"] }, want: "redirect", requests: ["GET /"] },
  {
    name: "to a port where nobody is",
    redirects: { "/": [302, "http://127.0.0.1:1/"] },
    want: "refused",
    requests: ["GET /"],
  },
  {
    name: "that are not to be followed",
    action: { followRedirects: false },
    redirects: { "/": [302, "/a"] },
    want: "pass",
    status: 302,
    requests: ["GET /"],
  },
  { name: "that are none", redirects: { "/": [300, "/a"] }, want: "pass", status: 300, requests: ["GET /"] },
  {
    name: "of a POST to a page",
    action: { method: "POST" },
    redirects: { "/": [303, "/a"] },
    want: "pass",
    requests: ["POST /", "GET /a"],
  },
  {
    name: "of a POST to go on",
    action: { method: "POST" },
    redirects: { "/": [307, "/a"] },
    want: "pass",
    requests: ["POST /", "POST /a"],
  },
  {
    name: "of a HEAD",
    action: { method: "HEAD" },
    redirects: { "/": [302, "/a"] },
    want: "pass",
    requests: ["HEAD /", "HEAD /a"],
  },
  {
    name: "to a failure",
    redirects: { "/": [302, "/a"], "/a": [503, ""] },
    want: "status",
    status: 503,
    requests: ["GET /", "GET /a"],
  },
];

for (const { name, action, redirects, want, detail, status, warning, requests } of CASES) {
  Deno.test(`http probe follows redirects ${name}: ${want}`, async () => {
    await using peer = await httpPeer((request, response) => {
      const [code, location] = redirects[request.url] ?? [200, ""];
      response.writeHead(code, location ? { location: location.replace("PORT", String(peer.port)) } : {}).end(
        "ok",
      );
    });
    const run = await probeOnce(http({ port: peer.port, ...action }));
    assertOutcome(run, want, detail);
    assert.deepEqual(peer.requests.map(({ method, url }) => `${method} ${url}`), requests);
    if (status !== undefined) assert.equal(run.facts.httpStatusCode, status);
    if (want === "pass" && run.facts.httpStatusCode === 200) {
      assert.equal(run.facts.httpRedirects, requests.length - 1);
    }
    if (warning) assert.match(run.warning ?? "", warning);
    else assert.equal(run.warning, undefined);
  });
}

Deno.test("http probe keeps its headers and its Host across redirects, and changes over to HTTPS", async () => {
  await using secure = await httpPeer(undefined, { tls: serverCertificate() });
  await using plain = await httpPeer((_, response) => {
    response.writeHead(302, { location: `https://127.0.0.1:${secure.port}/in?x=1` }).end();
  });
  const headers = [{ name: "Host", value: "app.example" }, { name: "X-Token", value: "t" }];
  const run = await probeOnce(http({ port: plain.port, headers }));
  assertOutcome(run, "pass");
  const [{ url, headers: received }] = secure.requests;
  assert.deepEqual([url, received.host, received["x-token"]], ["/in?x=1", "app.example", "t"]);
  assert(run.facts.httpPhasesMs?.tls !== undefined);
  assert.deepEqual(run.events.map((event) => event.name), ["redirect"]);
});

/** An address of this machine that takes a zone. */
const linkLocal = Deno.networkInterfaces().find(({ address }) => address.startsWith("fe80::"));

Deno.test({
  name: "http probe follows redirects of a link-local address, and does not tell it the zone",
  ignore: linkLocal === undefined,
  async fn() {
    const { address, name } = linkLocal!;
    const listener = Deno.listen({ hostname: "::", port: 0 });
    const { port } = listener.addr;
    const answers = [`302 Found\r\nLocation: http://[${address}]:${port}/a`, "200 OK"];
    const requests: string[] = [];
    const serving = (async () => {
      for await (using connection of listener) {
        const buffer = new Uint8Array(1_000);
        const length = await connection.read(buffer);
        const answer = `HTTP/1.1 ${answers[requests.length]}\r\nContent-Length: 0\r\n\r\n`;
        requests.push(new TextDecoder().decode(buffer.subarray(0, length ?? 0)));
        await connection.write(new TextEncoder().encode(answer));
      }
    })();
    const run = await probeOnce(http({ host: `${address}%${name}`, port }));
    listener.close();
    await serving;
    assertOutcome(run, "pass");
    assert.deepEqual([run.facts.httpRedirects, run.warning], [1, undefined]);
    for (const request of requests) assert(request.includes(`\r\nHost: [${address}]:${port}\r\n`), request);
  },
});

for (const location of ["/a", "http://[fe80::1]/a"]) {
  Deno.test(`a redirect from an address with a zone to ${location} stays in the zone`, () => {
    const from = {
      scheme: "http",
      host: "fe80::1%eth0",
      port: 80,
      path: "/",
      authority: "[fe80::1]:80",
    } as const;
    const head = { kind: "head", status: 302, phrase: "", headers: [["location", location]] } as const;
    assert.deepEqual(redirectOf(head, from, "GET", new Quoter([])), {
      kind: "follow",
      method: "GET",
      target: { scheme: "http", host: "fe80::1%eth0", port: 80, path: "/a", authority: "[fe80::1]" },
    });
  });
}

Deno.test("http probe does not read the body of a redirect that it follows", async () => {
  await using peer = await httpPeer((request, response) => {
    if (request.url === "/a") return void response.end("ok");
    response.writeHead(302, { location: "/a", "content-length": 100 }).write("never more than this");
  });
  assertOutcome(await probeOnce(http({ port: peer.port })), "pass");
});
