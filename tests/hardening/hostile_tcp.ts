import type { ExpectStep } from "../../src/config/mod.ts";
import type { Reason } from "../../src/model/probe_result.ts";
import type { Script } from "../support/tcp_peer.ts";
import { regex } from "../probes/harness.ts";

/** What a target says to a probe that says "ping" and expects "pong". */
export interface HostileTcp {
  readonly name: string;
  readonly script: Script;
  readonly want: "pass" | Reason;
}

/** The longest line that the probe takes. */
const MAX_BYTES = 65_536;

/** What the probe says and expects. */
export const PING_PONG: readonly ExpectStep[] = [
  { kind: "send", text: "ping", delimiter: "\n" },
  { kind: "receive", regex: regex("(?i)^pong$"), delimiter: "\r\n", maxBytes: MAX_BYTES, not: false },
];

export const PONG: Script = async (conversation) => {
  await conversation.readUntil("\n");
  await conversation.send("pong\r\n");
};

function says(...parts: (string | Uint8Array)[]): Script {
  return async (conversation) => {
    await conversation.readUntil("\n");
    for (const part of parts) await conversation.send(part);
    await conversation.hang();
  };
}

function floods(chunk: string | Uint8Array): Script {
  return async (conversation) => void await conversation.flood(chunk);
}

export const HOSTILE_TCP: readonly HostileTcp[] = [
  { name: "a flood without an end of line", script: floods("pong ".repeat(20_000)), want: "expect" },
  { name: "a flood of ends of lines", script: floods("\r\n".repeat(30_000)), want: "expect" },
  { name: "a flood of half ends of lines", script: floods("\r".repeat(60_000)), want: "expect" },
  { name: "a flood of zeros", script: floods(new Uint8Array(60_000)), want: "expect" },
  { name: "a flood of small pieces", script: floods("p"), want: "expect" },
  { name: "a line as long as may be", script: says("pon".repeat(MAX_BYTES / 3), "\r\n"), want: "expect" },
  {
    name: "a line as long as may be, no UTF-8",
    script: says(new Uint8Array(MAX_BYTES).fill(0xff), "\r\n"),
    want: "expect",
  },
  {
    name: "bytes that are no UTF-8",
    script: says(new Uint8Array([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80]), "\r\n"),
    want: "expect",
  },
  { name: "orders to a terminal", script: says("\x1b[2J\x1b]0;owned\x07\u202e\0\r\n"), want: "expect" },
  {
    name: "the answer before the question",
    script: async (c) => void await c.send("pong\r\n"),
    want: "pass",
  },
  { name: "an answer, and then a flood", script: floods("pong\r\n".repeat(10_000)), want: "pass" },
  { name: "an end at once", script: () => {}, want: "expect" },
  {
    name: "a reset at the question",
    script: async (conversation) => {
      await conversation.readUntil("\n");
      conversation.reset();
    },
    want: "expect",
  },
  {
    name: "an end in the middle",
    script: async (conversation) => {
      await conversation.readUntil("\n");
      await conversation.send("po");
    },
    want: "expect",
  },
  {
    name: "drops",
    script: async (conversation) => {
      while (await conversation.send(".")) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    want: "timeout",
  },
  {
    name: "deafness",
    script: (conversation) => {
      conversation.stopReading();
      return conversation.hang();
    },
    want: "timeout",
  },
];
