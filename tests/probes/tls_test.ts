import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import type { ProbeAction, TcpAction, TlsConfig } from "../../src/config/mod.ts";
import type { Reason } from "../../src/model/probe_result.ts";
import { after, relay } from "../hardening/relay.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { grpcHealthPeer } from "../support/grpc_health_peer.ts";
import { httpPeer } from "../support/http_peer.ts";
import { tcpPeer } from "../support/tcp_peer.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import {
  authorityCertificate,
  clientCertificate,
  SERVER_CERTIFICATE_EXPIRY_SECONDS,
  type ServerCertificate,
  serverCertificate,
  tlsFixturePath,
} from "../support/tls_fixtures.ts";
import { assertOutcome, grpc, http, NO_TLS, probeOnce, probeTimes, regex, tcp } from "./harness.ts";

/** A probe of each kind over TLS, and a server for it. */
const KINDS: Readonly<
  Record<string, {
    serve(
      certificate: ServerCertificate,
      clientCa?: string,
    ): Promise<{ readonly port: number } & AsyncDisposable>;
    action(port: number, tls: TlsConfig, host: string): ProbeAction;
  }>
> = {
  http: {
    serve: (certificate, clientCa) =>
      httpPeer(undefined, { tls: { ...serverCertificate(certificate), clientCa } }),
    action: (port, tls, host) => http({ host, port, tls, scheme: "HTTPS" }),
  },
  grpc: {
    serve: (certificate, clientCa) =>
      grpcHealthPeer({ tls: { ...serverCertificate(certificate), clientCa } as never }),
    action: (port, tls, host) => grpc({ host, port, tls }),
  },
  tcp: {
    serve: (certificate, clientCa) =>
      tcpPeer(async (conversation) => {
        await conversation.readUntil("\n");
        await conversation.send("pong\n");
      }, { tls: { ...serverCertificate(certificate), clientCa } }),
    action: (port, tls, host) =>
      tcp({
        host,
        port,
        tls,
        expect: [
          { kind: "send", text: "ping", delimiter: "\n" },
          { kind: "receive", regex: regex("^pong$"), delimiter: "\n", maxBytes: 100, not: false },
        ],
      }),
  },
};

const AUTHORITY = tlsFixturePath("authority.pem");

interface Case {
  readonly name: string;
  readonly certificate?: ServerCertificate;
  readonly tls?: Partial<TlsConfig>;
  readonly host?: string;
  readonly clientCa?: string;
  readonly want: "pass" | Reason;
}

const CASES: readonly Case[] = [
  { name: "unverified", want: "pass" },
  { name: "unverified, by name", host: "localhost", want: "pass" },
  { name: "unverified, to a certificate that ran out", certificate: "expired", want: "pass" },
  { name: "unverified, to a certificate for elsewhere", certificate: "wrong_name", want: "pass" },
  { name: "unverified, to a certificate from nobody", certificate: "untrusted", want: "pass" },
  { name: "verified", tls: { verify: true, ca: AUTHORITY }, want: "pass" },
  { name: "verified, by name", tls: { verify: true, ca: AUTHORITY }, host: "localhost", want: "pass" },
  {
    name: "verified for another name",
    certificate: "wrong_name",
    tls: { verify: true, ca: AUTHORITY, serverName: "elsewhere.test" },
    want: "pass",
  },
  { name: "verified without an authority", tls: { verify: true }, want: "tls" },
  {
    name: "verified, to a certificate that ran out",
    certificate: "expired",
    tls: { verify: true, ca: AUTHORITY },
    want: "tls",
  },
  {
    name: "verified, to a certificate from the future",
    certificate: "not_yet_valid",
    tls: { verify: true, ca: AUTHORITY },
    want: "tls",
  },
  {
    name: "verified, to a certificate for elsewhere",
    certificate: "wrong_name",
    tls: { verify: true, ca: AUTHORITY },
    want: "tls",
  },
  {
    name: "verified, to a certificate from nobody",
    certificate: "untrusted",
    tls: { verify: true, ca: AUTHORITY },
    want: "tls",
  },
  {
    name: "with a client certificate",
    clientCa: authorityCertificate(),
    tls: { cert: tlsFixturePath("client.pem"), key: tlsFixturePath("leaf.key") },
    want: "pass",
  },
  { name: "without the client certificate that is demanded", clientCa: authorityCertificate(), want: "tls" },
  {
    name: "with an authority's file that is missing",
    tls: { verify: true, ca: "/nowhere/ca.pem" },
    want: "tls",
  },
  {
    name: "with a file that is no certificate",
    tls: { cert: tlsFixturePath("leaf.key"), key: tlsFixturePath("leaf.key") },
    want: "tls",
  },
];

for (const [kind, { serve, action }] of Object.entries(KINDS)) {
  for (const { name, certificate = "server", tls, host = "127.0.0.1", clientCa, want } of CASES) {
    Deno.test(`${kind} probe over TLS, ${name}: ${want}`, async () => {
      await using peer = await serve(certificate, clientCa);
      const run = await probeOnce(action(peer.port, { ...NO_TLS, ...tls }, host));
      assertOutcome(run, want);
      if (want === "pass" && certificate === "server") {
        assert.equal(run.facts.certificateExpirySeconds, SERVER_CERTIFICATE_EXPIRY_SECONDS);
      }
    });
  }

  for (
    const { name, script, want } of [
      { name: "that speaks in the clear", script: "HTTP/1.1 400 Bad Request\r\n\r\n", want: "tls" },
      { name: "that talks nonsense", script: "\x16\x03\x03\x00\x10" + "x".repeat(100), want: "tls" },
      { name: "that closes", script: "", want: "tls" },
    ] as const
  ) {
    Deno.test(`${kind} probe over TLS, to a peer ${name}: ${want}`, async () => {
      await using peer = await tcpPeer(async (conversation) => void await conversation.send(script));
      assertOutcome(await probeOnce(action(peer.port, NO_TLS, "127.0.0.1")), want, /^shaking hands/);
    });
  }

  Deno.test(`${kind} probe over TLS, to a peer that resets: tls`, async () => {
    await using peer = await tcpPeer(async (conversation) => {
      while (conversation.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      conversation.reset();
    });
    assertOutcome(await probeOnce(action(peer.port, NO_TLS, "127.0.0.1")), "tls");
  });

  Deno.test(`${kind} probe over TLS, to a peer that says nothing: timeout`, async () => {
    await using peer = await tcpPeer((conversation) => conversation.hang());
    const run = await probeOnce(action(peer.port, NO_TLS, "127.0.0.1"), { timeoutMs: 100 });
    assertOutcome(run, "timeout", /shaking hands/);
    await peer.conversations[0].readToEnd(); // it has left, and keeps nothing for as long as the peer likes
  });

  Deno.test(`${kind} probe over TLS, to a port where nobody listens: refused`, async () => {
    assertOutcome(await probeOnce(action(1, NO_TLS, "127.0.0.1")), "refused");
  });
}

Deno.test("http probe over TLS times the handshake, and reads a body larger than its buffer", async () => {
  await using peer = await httpPeer((_, response) => void response.end("x".repeat(9_999) + "end"), {
    tls: serverCertificate(),
  });
  const action = http({
    port: peer.port,
    scheme: "HTTPS",
    body: { matches: regex("^x{1,1000}"), notMatches: undefined },
  });
  const run = await probeOnce(action);
  assertOutcome(run, "pass");
  for (const phase of ["connect", "tls", "processing", "transfer"] as const) {
    assert(run.facts.httpPhasesMs![phase]! >= 0);
  }
  assert.equal(run.facts.httpPhasesMs!.resolve, undefined);
});

Deno.test("tcp probe over TLS goes on after a step that sends nothing", async () => {
  await using peer = await tcpPeer(async (conversation) => {
    await conversation.readUntil("ping");
    await conversation.send("pong\n");
  }, { tls: serverCertificate() });
  const expect: TcpAction["expect"] = [
    { kind: "send", text: "", delimiter: "" },
    { kind: "send", text: "ping", delimiter: "" },
    { kind: "receive", regex: regex("^pong$"), delimiter: "\n", maxBytes: 100, not: false },
  ];
  assertOutcome(await probeOnce(tcp({ port: peer.port, tls: NO_TLS, expect })), "pass");
});

Deno.test("tcp probe over TLS takes a reset for no good end", async () => {
  await using honest = await tcpPeer(async (conversation) => {
    await conversation.send("x".repeat(8_000));
    await conversation.hang();
  }, { tls: serverCertificate() });
  await using peer = await tcpPeer(relay(honest.port, after(6_000, "reset")));
  const toTheEnd = {
    kind: "receive",
    regex: regex("^x"),
    delimiter: "",
    maxBytes: 10_000,
    not: false,
  } as const;
  const run = await probeOnce(tcp({ port: peer.port, tls: NO_TLS, expect: [toTheEnd] }));
  assertOutcome(run, "expect", /connection reset/);
});

Deno.test("probes read their TLS files again when they change", async () => {
  await using peer = await httpPeer(undefined, { tls: serverCertificate() });
  using dir = tempDir();
  const clock = new FakeClock();
  const ca = dir.write("ca.pem", serverCertificate("untrusted").cert);
  const action = http({ port: peer.port, scheme: "HTTPS", tls: { ...NO_TLS, verify: true, ca } });
  const [before, after] = await probeTimes(2, action, { deps: { clock } }, async () => {
    dir.write("ca.pem", authorityCertificate());
    await clock.advance(1_001);
  });
  assertOutcome(before, "tls");
  assertOutcome(after, "pass");
});

const { cert: CERT, key: KEY } = clientCertificate();
const AUTHORITY_TEXT = authorityCertificate();
const BROKEN_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const NO_AUTHORITY = "ca holds no certificate (PEM) that can be read";
const NO_CERTIFICATE = "cert holds no certificate (PEM) that can be read";
const NO_KEY = "key holds no private key (PEM) that can be read";
const ENCRYPTED = "key is encrypted, and nothing here knows its password";
const FOREIGN = "key does not belong to cert";

const UNUSABLE: readonly {
  name: string;
  verify?: boolean;
  files: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  want: string;
}[] = [
  { name: "an empty file for an authority", verify: true, files: { ca: "" }, want: NO_AUTHORITY },
  { name: "an authority that is no PEM", verify: true, files: { ca: "garbage\n" }, want: NO_AUTHORITY },
  { name: "such an authority, unverified", files: { ca: "garbage\n" }, want: NO_AUTHORITY },
  { name: "a broken authority", verify: true, files: { ca: BROKEN_CERTIFICATE }, want: NO_AUTHORITY },
  { name: "a key for an authority", verify: true, files: { ca: KEY }, want: NO_AUTHORITY },
  { name: "an empty certificate", files: { cert: "", key: KEY }, want: NO_CERTIFICATE },
  { name: "a broken certificate", files: { cert: BROKEN_CERTIFICATE, key: KEY }, want: NO_CERTIFICATE },
  { name: "an empty key", files: { cert: CERT, key: "" }, want: NO_KEY },
  { name: "a key that is no PEM", files: { cert: CERT, key: "garbage\n" }, want: NO_KEY },
  {
    name: "a broken key",
    files: { cert: CERT, key: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" },
    want: NO_KEY,
  },
  { name: "an encrypted key", files: { cert: CERT, key: encrypted() }, want: ENCRYPTED },
  {
    name: "a key encrypted in the old way",
    files: {
      cert: CERT,
      key: "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n" +
        "-----END RSA PRIVATE KEY-----\n",
    },
    want: ENCRYPTED,
  },
  { name: "another one's key", files: { cert: CERT, key: newKey() }, want: FOREIGN },
];

for (const { name, verify = false, files, want } of UNUSABLE) {
  Deno.test(`probe over TLS refuses ${name}`, async () => {
    await using peer = await httpPeer(undefined, { tls: serverCertificate() });
    using dir = tempDir();
    const tls = { ...NO_TLS, verify, ...written(dir, files) };
    const { outcome } = await probeOnce(http({ port: peer.port, scheme: "HTTPS", tls }));
    const detail = `cannot use the files named under tls: ${want}`;
    assert.deepEqual(outcome, { kind: "fail", reason: "tls", detail });
  });
}

const USABLE: readonly { name: string; ca?: string; cert?: string; key?: string }[] = [
  { name: "PKCS#8" },
  { name: "a key's own format", key: ownFormat(KEY) },
  { name: "certificate and key in one file", cert: KEY + CERT, key: CERT + KEY },
  { name: "a chain", cert: CERT + AUTHORITY_TEXT },
  { name: "text around the blocks", ca: bag(AUTHORITY_TEXT), cert: bag(CERT), key: bag(KEY) },
  {
    name: "lines that end as on Windows",
    ca: onWindows(AUTHORITY_TEXT),
    cert: onWindows(CERT),
    key: onWindows(KEY),
  },
  {
    name: "a byte order mark",
    ca: `\ufeff${AUTHORITY_TEXT}`,
    cert: `\ufeff${CERT}`,
    key: `\ufeff${KEY}`,
  },
  { name: "several authorities", ca: serverCertificate("untrusted").cert + AUTHORITY_TEXT },
  { name: "a broken authority before a good one", ca: BROKEN_CERTIFICATE + AUTHORITY_TEXT },
  { name: "a broken authority after a good one", ca: AUTHORITY_TEXT + BROKEN_CERTIFICATE },
];

for (const { name, ca = AUTHORITY_TEXT, cert = CERT, key = KEY } of USABLE) {
  Deno.test(`probe over TLS takes files with ${name}`, async () => {
    await using peer = await httpPeer(undefined, {
      tls: { ...serverCertificate(), clientCa: AUTHORITY_TEXT },
    });
    using dir = tempDir();
    const tls = { ...NO_TLS, verify: true, ...written(dir, { ca, cert, key }) };
    assertOutcome(await probeOnce(http({ port: peer.port, scheme: "HTTPS", tls })), "pass");
  });
}

/** Puts each into a file. @returns their paths */
function written(dir: TempDir, files: Readonly<Record<string, string>>): Partial<TlsConfig> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, dir.write(name, text)]));
}

function encrypted(): string {
  return createPrivateKey(KEY).export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "x",
  }) as string;
}

function newKey(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string;
}

/** PKCS#1 or SEC 1 in place of PKCS#8. */
function ownFormat(key: string): string {
  const read = createPrivateKey(key);
  return read.export({ type: read.asymmetricKeyType === "ec" ? "sec1" : "pkcs1", format: "pem" }) as string;
}

function bag(text: string): string {
  return `Bag Attributes\n    friendlyName: x\n${text}the end\n`;
}

function onWindows(text: string): string {
  return text.replaceAll("\n", "\r\n");
}
