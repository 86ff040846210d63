import assert from "node:assert/strict";
import { Quoter } from "../../src/probes/excerpt.ts";
import { tcpPeer } from "../support/tcp_peer.ts";
import { grpc, http, probeOnce } from "./harness.ts";

const TOKEN = "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3";

const cases: { name: string; secrets: string[]; said: string; want: string }[] = [
  { name: "a whole value", secrets: ["Bearer abcdef"], said: "got Bearer abcdef", want: '"got ***"' },
  { name: "a word of a value", secrets: ["Bearer abcdef"], said: "token abcdef", want: '"token ***"' },
  {
    name: "a value that begins with another one",
    secrets: ["hunter2", "hunter2-of-production"],
    said: "hunter2-of-production and hunter2",
    want: '"*** and ***"',
  },
  {
    name: "a value with a word that begins with another one",
    secrets: ["hunter", "the hunters gun"],
    said: "env the hunters gun",
    want: '"env ***"',
  },
  {
    name: "what JSON's escapes leave of a value",
    secrets: ["Basic dXNlcjpwYS9zcw/zczpwYXNzd29yZA=="],
    said: String.raw`{"auth":"Basic dXNlcjpwYS9zcw\/zczpwYXNzd29yZA=="}`,
    want: String.raw`"{"auth":"***\***"}"`,
  },
  {
    name: "what HTML's escapes leave of a value",
    secrets: ["Basic dXNlcjpwYXNz+29yZAdXNlcg=="],
    said: "<pre>Basic dXNlcjpwYXNz&#43;29yZAdXNlcg&#x3D;&#x3D;",
    want: '"<pre>***&#43;***&#x3D;&#x3D;"',
  },
  {
    name: "as much as came of a value",
    secrets: [`BEGIN${"y".repeat(12_000)}`],
    said: `got BEGIN${"y".repeat(10_000)}`,
    want: '"got ***…"',
  },
  {
    name: "a value said on one line",
    secrets: ["one\r\n  and another"],
    said: "got one and another",
    want: '"got ***"',
  },
  {
    name: "a short value as a whole only",
    secrets: ["passwor"],
    said: "passwor, passwo",
    want: '"***, passwo"',
  },
  {
    name: "no words that begin like a value",
    secrets: ["Bearer1"],
    said: "Bearer of bad news",
    want: '"Bearer of bad news"',
  },
  { name: "no value too short for one", secrets: ["true"], said: "true or false", want: '"true or false"' },
];
for (const { name, secrets, said, want } of cases) {
  Deno.test(`quoting blots out ${name}`, () => assert.equal(new Quoter(secrets).quote(said), want));
}

Deno.test("quoting leaves no orders to a terminal, and none that turn the direction of writing", () => {
  assert.equal(new Quoter().quote("a\x1b[2Jb\u202ec\u2066d\0e"), '"a [2Jb c d e"');
});

Deno.test("quoting cuts no character in two", () => {
  const quoted = new Quoter().quote(`${"x".repeat(199)}\u{1f430}`);
  assert(quoted.isWellFormed(), quoted);
});

Deno.test("quoting shows no half of a secret where it stops to look", () => {
  const secret = "hunter2-of-production";
  for (let before = 4_070; before < 4_120; before++) {
    const quoted = new Quoter([secret]).quote(`a${" ".repeat(before)}${secret} AND MORE${" ".repeat(99)}`);
    assert.match(quoted, /^"a(?: \*{1,3}[A-Z ]*)?…"$/, `${before} blanks before it`);
  }
});

Deno.test("quoting says that there is more where it stops to look", () => {
  assert.equal(new Quoter().quote(`a${" ".repeat(5_000)}b`), '"a…"');
  assert.equal(new Quoter().quote(new TextEncoder().encode(`a${" ".repeat(3_000)}b`)), '"a b"');
});

Deno.test("quoting a text's beginning shows no half of a secret where it ends", () => {
  const secret = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0";
  const quoter = new Quoter([`Bearer ${secret}`]);
  for (let before = 0; before < 60; before++) {
    const quoted = quoter.quote(new TextEncoder().encode(`${"-".repeat(before)}${secret} is bad`), 40);
    assert.match(quoted, /^"-*\*{0,3}[ isbad]*…?"$/, `${before} characters before it`);
    assert(quoted.length <= 43, quoted);
  }
});

Deno.test("quoting goes on after a secret that is longer than a quotation", () => {
  const secret = Array.from({ length: 500 }, (_, i) => i).join("-");
  assert.equal(new Quoter([secret]).quote(`token ${secret} has run out`), '"token *** has run out"');
});

for (
  const [name, action] of Object.entries({
    "HTTP/1": (port: number) => http({ port, headers: [{ name: "Authorization", value: TOKEN }] }),
    h2c: (port: number) =>
      http({ port, protocol: "h2c", headers: [{ name: "Authorization", value: TOKEN }] }),
    gRPC: (port: number) => grpc({ port, metadata: [{ name: "authorization", value: TOKEN }] }),
  })
) {
  Deno.test(`what is not ${name} is quoted without the secret that its quotation ends in`, async () => {
    await using peer = await tcpPeer(async (conversation) => {
      await conversation.send(`this token is not good: ${TOKEN}\r\n\r\n`);
      await conversation.readToEnd();
    });
    const { outcome } = await probeOnce(action(peer.port));
    assert.match(
      outcome.kind === "fail" ? outcome.detail : "",
      /it begins with "this token is not good: \*{3}"$/,
    );
  });
}
