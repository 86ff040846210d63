import assert from "node:assert/strict";
import { Quoter } from "../../src/probes/excerpt.ts";
import { BufferPool } from "../../src/probes/net/inbox.ts";
import { Run } from "../../src/probes/net/run.ts";
import type { Wire } from "../../src/probes/net/wire.ts";
import { Conversation } from "../../src/probes/tcp/conversation.ts";
import { FakeClock } from "../support/fake_clock.ts";
import type { ExpectStep } from "../../src/config/mod.ts";
import type { Reason } from "../../src/model/probe_result.ts";
import { type Script, tcpPeer } from "../support/tcp_peer.ts";
import { assertOutcome, probeOnce, regex, tcp } from "./harness.ts";

function send(text: string, delimiter = "\n"): ExpectStep {
  return { kind: "send", text, delimiter };
}

function receive(
  pattern: string,
  { delimiter = "\n", maxBytes = 1_000, not = false }: {
    delimiter?: string;
    maxBytes?: number;
    not?: boolean;
  } = {},
): ExpectStep {
  return { kind: "receive", regex: regex(pattern), delimiter, maxBytes, not };
}

function says(...parts: (string | Uint8Array)[]): Script {
  return async (conversation) => {
    for (const part of parts) await conversation.send(part);
    await conversation.hang();
  };
}

interface Case {
  readonly name: string;
  readonly script: Script;
  readonly expect: readonly ExpectStep[];
  readonly want: "pass" | Reason;
  /** 0 by default when it passes. */
  readonly failedStep?: number;
  readonly detail?: RegExp;
  readonly timeoutMs?: number;
}

const CASES: readonly Case[] = [
  {
    name: "a conversation",
    script: async (conversation) => {
      if (await conversation.readUntil("\n") !== "hello") return;
      await conversation.send("yellow\n");
      if (await conversation.readUntil("\n") !== "how're ya now?") return;
      await conversation.send("can't complain\n");
    },
    expect: [send("hello"), receive("yellow"), send("how're ya now?"), receive("can.* complain")],
    want: "pass",
  },
  {
    name: "what stands somewhere in the line",
    script: says("220 mail ESMTP ready\r\n"),
    expect: [receive("ESMTP", { delimiter: "\r\n" })],
    want: "pass",
  },
  {
    name: "two answers in one piece",
    script: says("one\ntwo\n"),
    expect: [receive("^one$"), receive("^two$")],
    want: "pass",
  },
  {
    name: "one answer in many pieces",
    script: says(..."a long answer--"),
    expect: [receive("^a long answer$", { delimiter: "--" })],
    want: "pass",
  },
  {
    name: "a delimiter that begins twice",
    script: says("ab--", "-=", "end--=="),
    expect: [receive("^ab-$", { delimiter: "--=" }), receive("^end$", { delimiter: "--=" })],
    want: "pass",
  },
  {
    name: "a delimiter that is not ASCII",
    script: says("ja✓✓nein✓"),
    expect: [receive("^ja$", { delimiter: "✓✓" }), receive("^nein$", { delimiter: "✓" })],
    want: "pass",
  },
  { name: "an empty answer", script: says("\n"), expect: [receive("^$")], want: "pass" },
  {
    name: "an answer of just the limit",
    script: says("x".repeat(10) + "\n"),
    expect: [receive("x", { maxBytes: 10 })],
    want: "pass",
  },
  {
    name: "an answer of many buffers",
    script: says("x".repeat(60_000), "y\n"),
    expect: [receive("y$", { maxBytes: 65_536 })],
    want: "pass",
  },
  {
    name: "no match where none must be",
    script: says("all good\n"),
    expect: [receive("error", { not: true })],
    want: "pass",
  },
  {
    name: "everything up to the end",
    script: async (c) => {
      await c.send("all of ");
      await c.send("it");
      c.end();
    },
    expect: [receive("^all of it$", { delimiter: "" })],
    want: "pass",
  },
  {
    name: "bytes that are no UTF-8",
    script: says(new Uint8Array([0xff, 0x6f, 0x6b, 0x0a])),
    expect: [receive("ok$")],
    want: "pass",
  },
  // Failures.
  {
    name: "another answer",
    script: says("goodbye\n"),
    expect: [send("hello"), receive("^hello")],
    want: "expect",
    failedStep: 2,
    detail: /^expect step 2 \(receive\): "goodbye" does not match \/\^hello\/$/,
  },
  {
    name: "a match where none must be",
    script: says("an error\n"),
    expect: [receive("error", { not: true })],
    want: "expect",
    failedStep: 1,
    detail: /"an error" matches/,
  },
  {
    name: "a match only behind the delimiter",
    script: says("one\ntwo\n"),
    expect: [receive("two")],
    want: "expect",
    failedStep: 1,
  },
  {
    name: "an end before the delimiter",
    script: async (c) => void await c.send("ye"),
    expect: [receive("ye")],
    want: "expect",
    failedStep: 1,
    detail: /connection ended before "\\n" came; got "ye"/,
  },
  {
    name: "an end without a word",
    script: () => {},
    expect: [receive("x")],
    want: "expect",
    failedStep: 1,
    detail: /got nothing/,
  },
  {
    name: "an answer over the limit",
    script: says("x".repeat(11) + "\n"),
    expect: [receive("x", { maxBytes: 10 })],
    want: "expect",
    failedStep: 1,
    detail: /more than 10 bytes/,
  },
  {
    name: "an answer over the limit, without an end",
    script: says("x".repeat(12)),
    expect: [receive("x", { maxBytes: 10 })],
    want: "expect",
    failedStep: 1,
  },
  {
    name: "a flood",
    script: async (c) => void await c.flood("x".repeat(10_000)),
    expect: [receive("x")],
    want: "expect",
    failedStep: 1,
  },
  {
    name: "a flood up to an end that never comes",
    script: async (c) => void await c.flood("x".repeat(10_000)),
    expect: [receive("x", { delimiter: "" })],
    want: "expect",
    failedStep: 1,
  },
  {
    name: "a reset",
    script: async (c) => {
      await c.readUntil("\n");
      c.reset();
    },
    expect: [send("hello"), receive("x")],
    want: "expect",
    failedStep: 2,
  },
  {
    name: "silence",
    script: says(),
    expect: [send("hello"), receive("x")],
    want: "timeout",
    failedStep: 2,
    detail: /still at expect step 2 \(receive\)/,
    timeoutMs: 100,
  },
  {
    name: "half an answer",
    script: says("ye"),
    expect: [receive("ye")],
    want: "timeout",
    failedStep: 1,
    timeoutMs: 100,
  },
  {
    name: "an answer in drops",
    script: async (conversation) => {
      while (await conversation.send(".")) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    expect: [receive("x")],
    want: "timeout",
    failedStep: 1,
    timeoutMs: 100,
  },
  {
    name: "a peer that doesn't listen",
    script: async (conversation) => {
      conversation.stopReading();
      await conversation.hang();
    },
    expect: [send("x".repeat(50_000_000), ""), receive("x")],
    want: "timeout",
    failedStep: 1,
    timeoutMs: 200,
  },
];

for (const { name, script, expect, want, failedStep = 0, detail, timeoutMs } of CASES) {
  Deno.test(`tcp probe expects, ${name}: ${want}`, async () => {
    await using peer = await tcpPeer(script);
    const run = await probeOnce(tcp({ port: peer.port, expect }), { timeoutMs });
    assertOutcome(run, want, detail);
    assert.equal(run.facts.expectFailedStep, failedStep);
    const steps = failedStep === 0 ? expect.length : failedStep;
    assert.deepEqual(
      run.events.map(({ name, attributes }) => [name, attributes.step, attributes.passed]),
      expect.slice(0, steps).map(({ kind }, i) => [`expect ${kind}`, i + 1, i + 1 !== failedStep]),
    );
  });
}

Deno.test("tcp probe has no failed step where there are no steps, or no connection", async () => {
  await using peer = await tcpPeer((conversation) => conversation.hang());
  assert.equal((await probeOnce(tcp({ port: peer.port }))).facts.expectFailedStep, undefined);
  assert.equal((await probeOnce(tcp({ port: 1, expect: [receive("x")] }))).facts.expectFailedStep, undefined);
});

Deno.test("tcp probe does not tell what it sends", async () => {
  await using peer = await tcpPeer(says("no\n"));
  const run = await probeOnce(tcp({ port: peer.port, expect: [send("PASS open-sesame"), receive("yes")] }));
  assertOutcome(run, "expect");
  assert(!JSON.stringify(run).includes("sesame"));
});

Deno.test("a delimiter is found where it first stands, whatever comes before it", async () => {
  const texts = (length: number): string[] =>
    length === 0 ? [""] : texts(length - 1).flatMap((text) => ["\r", "\n", "x"].map((char) => text + char));
  for (const delimiter of ["\n", "\r\n", "\r\r\n"]) {
    for (const before of texts(4)) {
      const sent = `${before}x${delimiter}${delimiter}`;
      const first = sent.slice(0, sent.indexOf(delimiter));
      const steps = [receive(`^${first}$`, { delimiter })];
      const wire: Wire = {
        read: (into) => Promise.resolve(new TextEncoder().encodeInto(sent, into).written),
        write: () => Promise.resolve(),
        setNoDelay() {},
        close() {},
      };
      using run = new Run({ signal: new AbortController().signal, clock: new FakeClock(), timeoutMs: 1_000 });
      const { outcome } = await new Conversation(steps, new Quoter(), new BufferPool()).hold(wire, run);
      assert.equal(outcome.kind, "pass", `${JSON.stringify(sent)}: ${JSON.stringify(outcome)}`);
    }
  }
});
