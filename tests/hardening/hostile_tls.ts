import { concat } from "../../src/base/bytes.ts";
import type { Reason } from "../../src/model/probe_result.ts";
import type { Script } from "../support/tcp_peer.ts";
import { after, flipped, relay } from "./relay.ts";

/** What a target does in place of a TLS handshake, or in the middle of one. */
export interface HostileTls {
  readonly name: string;
  /** `honest`: a port that speaks TLS as it should. */
  readonly script: (honest: number) => Script;
  readonly want: "pass" | Reason;
  /** What a probe makes of it that verifies certificates. Default: the same. */
  readonly verified?: Reason;
}

/**
 * A record (RFC 8446, 5.1):
 *
 *   │ type <1b> │ version <2b> │ length <2b, BE> │ content <length bytes> │
 */
const TYPE = { changeCipherSpec: 20, alert: 21, handshake: 22, data: 23, heartbeat: 24 } as const;

function record(type: number, content: Uint8Array | readonly number[], version = 0x0303): Uint8Array {
  const head = [type, version >> 8, version & 0xff, content.length >> 8, content.length & 0xff];
  return new Uint8Array([...head, ...content]);
}

/** │ type <1b> │ length <3b, BE> │ body │; `length`: what it says of itself. */
function message(type: number, body: readonly number[], length = body.length): number[] {
  return [type, length >> 16, length >> 8 & 0xff, length & 0xff, ...body];
}

const SERVER_HELLO = 2;
const CERTIFICATE = 11;
const SERVER_KEY_EXCHANGE = 12;
const SERVER_HELLO_DONE = 14;

/** The random that makes a ServerHello a request to say hello again: SHA-256 of "HelloRetryRequest". */
const RETRY = [
  ...[0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91],
  ...[0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c],
];

/** A ServerHello of TLS 1.2 without a session. */
function hello(random: readonly number[], cipher: number, extensions: readonly number[] = []): number[] {
  const rest = extensions.length === 0
    ? []
    : [extensions.length >> 8, extensions.length & 0xff, ...extensions];
  return message(SERVER_HELLO, [3, 3, ...random, 0, cipher >> 8, cipher & 0xff, 0, ...rest]);
}

const ANY_RANDOM = Array.from({ length: 32 }, (_, i) => i * 7);
/** A point on the curve P-256: its base. */
const POINT = [
  ...[0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2],
  ...[0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96],
  ...[0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16],
  ...[0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5],
];
/** TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, which every client offers. */
const COMMON_CIPHER = 0xc02f;
const RETRY_HELLO = hello(RETRY, 0x1301, [0, 0x2b, 0, 2, 3, 4, 0, 0x33, 0, 2, 0, 0x18]);

/** A certificate list whose lengths fit, whatever is in it. */
function certificates(...list: readonly (readonly number[])[]): number[] {
  const entries = list.flatMap((
    der,
  ) => [der.length >> 16, der.length >> 8 & 0xff, der.length & 0xff, ...der]);
  return message(CERTIFICATE, [
    entries.length >> 16,
    entries.length >> 8 & 0xff,
    entries.length & 0xff,
    ...entries,
  ]);
}

/** A handshake of TLS 1.2 with these certificates: those of 1.3 come encrypted. */
function presents(...list: readonly (readonly number[])[]): Script {
  const flight = [
    ...hello(ANY_RANDOM, COMMON_CIPHER),
    ...certificates(...list),
    ...message(SERVER_KEY_EXCHANGE, [3, 0, 23, 65, 4, ...POINT, 8, 4, 0, 4, 1, 2, 3, 4]),
    ...message(SERVER_HELLO_DONE, []),
  ];
  const records: Uint8Array[] = [];
  for (let at = 0; at < flight.length; at += 16_000) {
    records.push(record(TYPE.handshake, flight.slice(at, at + 16_000)));
  }
  return says(...records);
}

/** Waits for the first word of a ClientHello, says this, and then waits for the caller to leave. */
function says(...parts: readonly Uint8Array[]): Script {
  return async (conversation) => {
    await conversation.readSome();
    for (const part of parts) await conversation.send(part);
    await conversation.hang();
  };
}

function floods(first: Uint8Array, again: Uint8Array): Script {
  let chunk: Uint8Array | undefined;
  return async (conversation) => {
    await conversation.readSome();
    await conversation.send(first);
    chunk ??= concat(Array(Math.ceil(65_536 / again.length)).fill(again));
    await conversation.flood(chunk);
  };
}

const NOTHING = new Uint8Array();
const DER_NONSENSE = Array.from({ length: 300 }, (_, i) => i * 31 & 0xff);
/** Sequences in sequences: a parser that calls itself for each runs out of stack. */
const DER_DEEP = Array.from(
  { length: 8_000 },
  (_, i) => [0x30, 0x82, (31_996 - i * 4) >> 8, (31_996 - i * 4) & 0xff],
)
  .flat();

export const HOSTILE_TLS: readonly HostileTls[] = [
  // Records.
  { name: "noise", script: () => floods(NOTHING, new Uint8Array(1_000).map((_, i) => i * 89)), want: "tls" },
  { name: "zeros", script: () => floods(NOTHING, new Uint8Array(1_000)), want: "tls" },
  {
    name: "a record longer than allowed",
    script: () => floods(new Uint8Array([22, 3, 3, 0xff, 0xff]), new Uint8Array(1_000)),
    want: "tls",
  },
  {
    name: "records of nothing without end",
    script: () => floods(NOTHING, record(TYPE.handshake, [])),
    want: "tls",
  },
  {
    name: "warnings without end",
    script: () => floods(NOTHING, record(TYPE.alert, [1, 90])),
    want: "tls",
  },
  { name: "an alert", script: () => says(record(TYPE.alert, [2, 40])), want: "tls" },
  { name: "an alert that nobody knows", script: () => says(record(TYPE.alert, [2, 250])), want: "tls" },
  { name: "a goodbye", script: () => says(record(TYPE.alert, [1, 0])), want: "timeout" },
  {
    name: "changes of cipher without end",
    script: () => floods(NOTHING, record(TYPE.changeCipherSpec, [1])),
    want: "tls",
  },
  {
    name: "data before the handshake",
    script: () => floods(NOTHING, record(TYPE.data, new Uint8Array(16_000))),
    want: "tls",
  },
  { name: "a heartbeat that lies", script: () => says(record(TYPE.heartbeat, [1, 0xff, 0xff])), want: "tls" },
  // Messages.
  {
    name: "our own words",
    script: () => async (conversation) => {
      await conversation.send(await conversation.readSome());
      await conversation.hang();
    },
    want: "tls",
  },
  {
    name: "a hello of sixteen megabytes",
    script: () =>
      floods(
        record(TYPE.handshake, message(SERVER_HELLO, [], 0xffffff)),
        record(TYPE.handshake, new Uint8Array(16_000)),
      ),
    want: "tls",
  },
  {
    name: "a hello with a cipher that was never offered",
    script: () => says(record(TYPE.handshake, hello(ANY_RANDOM, 0x0001))),
    want: "tls",
  },
  {
    name: "a hello of SSL 3",
    script: () =>
      says(record(TYPE.handshake, message(SERVER_HELLO, [3, 0, ...ANY_RANDOM, 0, 0, 5, 0]), 0x0300)),
    want: "tls",
  },
  {
    name: "requests to say hello again, without end",
    script: () => floods(NOTHING, record(TYPE.handshake, RETRY_HELLO)),
    want: "tls",
  },
  {
    name: "a handshake in drops",
    script: () => async (conversation) => {
      await conversation.readSome();
      const bytes = record(TYPE.handshake, hello(ANY_RANDOM, COMMON_CIPHER));
      for (const byte of bytes) {
        if (!await conversation.send(new Uint8Array([byte]))) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await conversation.hang();
    },
    want: "timeout",
  },
  {
    name: "half a hello",
    script: () => says(record(TYPE.handshake, hello(ANY_RANDOM, 1)).subarray(0, 20)),
    want: "timeout",
  },
  // Certificates. Who doesn't verify them goes on, and waits for an end of the handshake that never comes.
  { name: "no certificate", script: () => presents(), want: "tls" },
  { name: "a certificate of nothing", script: () => presents([]), want: "timeout", verified: "tls" },
  { name: "a certificate of noise", script: () => presents(DER_NONSENSE), want: "timeout", verified: "tls" },
  {
    name: "a certificate as deep as a well",
    script: () => presents(DER_DEEP),
    want: "timeout",
    verified: "tls",
  },
  {
    name: "a chain of ten thousand certificates",
    script: () => presents(...Array(10_000).fill([0x30, 0])),
    want: "timeout",
    verified: "tls",
  },
  // A true server, with something in between.
  { name: "an end within the handshake", script: (honest) => relay(honest, after(300, "end")), want: "tls" },
  {
    name: "a reset within the handshake",
    script: (honest) => relay(honest, after(300, "reset")),
    want: "tls",
  },
  {
    name: "a stall within the handshake",
    script: (honest) => relay(honest, after(300, "stall")),
    want: "timeout",
  },
  { name: "a hello with a wrong bit", script: (honest) => relay(honest, flipped(20)), want: "tls" },
  { name: "a certificate with a wrong bit", script: (honest) => relay(honest, flipped(500)), want: "tls" },
  {
    name: "noise after the handshake",
    script: (honest) => {
      return (conversation) => {
        let flights = 0;
        const noise = new Uint8Array(5_000).fill(TYPE.data);
        return relay(honest, (bytes) => ++flights < 2 ? { bytes } : { bytes: noise, then: "end" })(
          conversation,
        );
      };
    },
    want: "tls",
  },
];
