import assert from "node:assert/strict";
import { SystemClock } from "../../src/base/clock.ts";
import type { ProbeAction } from "../../src/config/mod.ts";
import { Resolver } from "../../src/probes/mod.ts";
import { connectInTurn, connectToFirst } from "../../src/probes/net/connect.ts";
import { authority } from "../../src/probes/net/resolver.ts";
import { socketFailure } from "../../src/probes/net/socket_error.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { tcpPeer, unacceptingPeer } from "../support/tcp_peer.ts";
import { denoProcess } from "../support/process_runner.ts";
import { assertOutcome, grpc, http, probeOnce, probeTimes, tcp } from "./harness.ts";

const KINDS: Readonly<Record<string, (target: { host?: string; port: number }) => ProbeAction>> = {
  http,
  grpc,
  tcp,
};

for (const [kind, action] of Object.entries(KINDS)) {
  Deno.test(`${kind} probe to a port where nobody listens: refused`, async () => {
    const run = await probeOnce(action({ port: 1 }));
    assertOutcome(run, "refused", /^connecting to 127.0.0.1:1: connection refused$/);
    assert.deepEqual([run.facts.serverAddress, run.facts.serverPort], ["127.0.0.1", 1]);
  });

  Deno.test(`${kind} probe to a port that never accepts: timeout`, async () => {
    using peer = await unacceptingPeer();
    const run = await probeOnce(action({ port: peer.port }), { timeoutMs: 50 });
    assertOutcome(run, "timeout", /within 50ms: still connecting to 127.0.0.1:\d+/);
  });

  Deno.test(`${kind} probe to a name that doesn't exist: dns`, async () => {
    assertOutcome(await probeOnce(action({ host: "nowhere.invalid", port: 80 })), "dns", /nowhere.invalid/);
  });

  Deno.test(`${kind} probe to a name that nobody answers for: timeout`, async () => {
    const resolver = new Resolver(() => new Promise(() => {}));
    const run = await probeOnce(action({ host: "app.test", port: 80 }), {
      timeoutMs: 50,
      deps: { resolver },
    });
    assertOutcome(run, "timeout", /still resolving app.test/);
  });
}

Deno.test("tcp probe without expect steps passes when it is connected", async () => {
  await using peer = await tcpPeer((conversation) => conversation.hang());
  assertOutcome(await probeOnce(tcp({ port: peer.port })), "pass");
});

Deno.test("localhost is 127.0.0.1 or ::1, whichever listens", async () => {
  for (const hostname of ["127.0.0.1", "::1"]) {
    using listener = Deno.listen({ hostname, port: 0 });
    const runs = await probeTimes(2, tcp({ host: "localhost", port: listener.addr.port }));
    for (const run of runs) assertOutcome(run, "pass");
  }
});

for (const [kind, action] of Object.entries(KINDS)) {
  Deno.test(`${kind} probe to an address whose zone is no interface of this machine: connect`, async () => {
    const run = await probeOnce(action({ host: "fe80::1%nowhere", port: 80 }));
    assertOutcome(run, "connect", /^connecting to \[fe80::1\]:80: .* is its zone/);
  });

  Deno.test(`${kind} probe to what only looks like an address: dns`, async () => {
    for (const host of ["300.1.1.1", "1:2:3", "[::1"]) {
      assertOutcome(await probeOnce(action({ host, port: 80 })), "dns", /no such host$/);
    }
  });
}

Deno.test("localhost where neither listens: refused", async () => {
  assertOutcome(await probeOnce(tcp({ host: "localhost", port: 1 })), "refused", /localhost:1/);
});

for (const host of ["::1", "[::1]"]) {
  Deno.test(`http probe to ${host} names it in brackets`, async () => {
    using listener = Deno.listen({ hostname: "::1", port: 0 });
    const { port } = listener.addr;
    const [run, request] = await Promise.all([
      probeOnce(http({ host, port })),
      (async () => {
        using connection = await listener.accept();
        const buffer = new Uint8Array(1_000);
        const length = await connection.read(buffer);
        await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        return new TextDecoder().decode(buffer.subarray(0, length ?? 0));
      })(),
    ]);
    assertOutcome(run, "pass");
    assert.match(request, new RegExp(`^Host: \\[::1\\]:${port}\r$`, "m"));
  });
}

for (
  const { host, want } of [
    { host: "app.test", want: "app.test:80" },
    { host: "127.0.0.1", want: "127.0.0.1:80" },
    { host: "[::1]", want: "[::1]:80" },
    { host: "fe80::1%eth0", want: "[fe80::1]:80" },
    { host: "[fe80::1%eth0]", want: "[fe80::1]:80" },
  ]
) {
  Deno.test(`a target's authority: ${host}`, () => assert.equal(authority(host, 80), want));
}

Deno.test("probes take all of a name's addresses, to the first that answers", async () => {
  await using peer = await tcpPeer((conversation) => conversation.hang());
  const resolver = new Resolver(() => Promise.resolve(["::1", "127.0.0.1"]));
  assertOutcome(await probeOnce(tcp({ host: "app.test", port: peer.port }), { deps: { resolver } }), "pass");
});

Deno.test("probes that ask for one name at one time share the question, and ask again the next time", async () => {
  let questions = 0;
  const answers: ((addresses: string[]) => void)[] = [];
  const resolver = new Resolver(() => {
    questions++;
    return new Promise((resolve) => answers.push(resolve));
  });
  const both = [resolver.resolve("app.test"), resolver.resolve("app.test")];
  answers[0](["127.0.0.1"]);
  assert.deepEqual(await Promise.all(both), Array(2).fill({ kind: "addresses", addresses: ["127.0.0.1"] }));
  const third = resolver.resolve("app.test");
  assert.equal(questions, 2);
  answers[1]([]);
  assert.equal((await third).kind, "fail");
});

Deno.test("the system's resolver knows what is in the hosts file", async () => {
  const resolved = await new Resolver().resolve("localhost");
  assert(
    resolved.kind === "addresses" &&
      resolved.addresses.some((address) => /^(127\.0\.0\.1|::1)$/.test(address)),
  );
});

/** Connections that open or fail when a test says so. */
class Doors {
  readonly tried: string[] = [];
  readonly closed: string[] = [];
  readonly #waiting = new Map<string, PromiseWithResolvers<string>>();

  readonly connect = (address: string, signal: AbortSignal): Promise<string> => {
    this.tried.push(address);
    const door = Promise.withResolvers<string>();
    signal.addEventListener("abort", () => door.reject(new Error(`aborted ${address}`)));
    this.#waiting.set(address, door);
    return door.promise;
  };

  open(address: string): void {
    this.#waiting.get(address)?.resolve(address);
  }

  slam(address: string): void {
    this.#waiting.get(address)?.reject(new Error(`slammed ${address}`));
  }
}

function race(doors: Doors, clock: FakeClock, addresses: string[], signal = new AbortController().signal) {
  return connectToFirst({
    addresses,
    connect: doors.connect,
    close: (connection) => doors.closed.push(connection),
    signal,
    clock,
  });
}

Deno.test("connectToFirst gives the next address its chance after 300 ms, or at once after a failure", async () => {
  const doors = new Doors();
  const clock = new FakeClock();
  const connected = race(doors, clock, ["a", "b", "c"]);
  await clock.advance(299);
  assert.deepEqual(doors.tried, ["a"]);
  await clock.advance(1);
  assert.deepEqual(doors.tried, ["a", "b"]);
  doors.slam("b");
  await clock.advance(0);
  assert.deepEqual(doors.tried, ["a", "b", "c"]);
  doors.open("a");
  assert.deepEqual(await connected, { address: "a", connection: "a" });
  await clock.advance(1_000);
  assert.deepEqual(doors.tried, ["a", "b", "c"]);
  assert.equal(clock.pending, 0);
});

Deno.test("connectToFirst drops a second connection that opens in the same moment", async () => {
  const doors = new Doors();
  const clock = new FakeClock();
  const connected = race(doors, clock, ["a", "b"]);
  await clock.advance(300);
  doors.open("b");
  doors.open("a");
  assert.equal((await connected).connection, "b");
  assert.deepEqual(doors.closed, ["a"]);
});

Deno.test("connectToFirst tells the first address's error when all fail, and stops at the signal", async () => {
  const doors = new Doors();
  const clock = new FakeClock();
  const failed = assert.rejects(race(doors, clock, ["a", "b"]), /slammed a/);
  doors.slam("a");
  await clock.advance(0);
  doors.slam("b");
  await failed;
  const stop = new AbortController();
  const aborted = assert.rejects(race(doors, clock, ["c", "d"], stop.signal), /aborted c/);
  await clock.advance(0);
  stop.abort();
  await aborted;
  assert.deepEqual(doors.tried, ["a", "b", "c"]);
  assert.equal(clock.pending, 0);
});

Deno.test("connectInTurn does not say that a machine has no IPv6 when the other address refused", async () => {
  const errors: Record<string, Error> = {
    "::1": Object.assign(new Error("no address"), { code: "EADDRNOTAVAIL" }),
    "127.0.0.1": Object.assign(new Error("refused"), { code: "ECONNREFUSED" }),
  };
  for (const addresses of [["::1", "127.0.0.1"], ["127.0.0.1", "::1"]]) {
    await assert.rejects(
      connectInTurn({
        addresses,
        connect: (address) => Promise.reject(errors[address]),
        close: () => {},
        signal: new AbortController().signal,
        clock: new SystemClock(),
      }),
      /refused/,
    );
  }
});

for (
  const { code, want } of [
    { code: "ECONNREFUSED", want: "refused" },
    { code: "ECONNRESET", want: "connect" },
    { code: "EHOSTUNREACH", want: "connect" },
    { code: "EMFILE", want: "internal" },
    { code: "EADDRNOTAVAIL", want: "internal" },
    { code: "EINVAL", want: "internal" },
  ]
) {
  Deno.test(`a socket's ${code} means ${want}`, () => {
    const error = Object.assign(new Error(code), { code });
    assert.equal(socketFailure(error, "connecting", "connect")?.reason, want);
  });
}

Deno.test("an error that no system call gave is nobody's failure but ours", () => {
  for (const error of [new TypeError("undefined is no function"), new Error("cannot be")]) {
    assert.equal(socketFailure(error, "connecting", "connect"), undefined);
  }
});

Deno.test("probes that find no free file descriptor fail for our own reason: internal", async () => {
  const script = new URL("./few_files.ts", import.meta.url).pathname;
  await using child = denoProcess(["run", "-A", "--no-check", script]);
  assert.equal((await child.status).code, 0, child.output);
  assert.deepEqual(child.lines.map(({ text }) => text), [
    "http internal",
    "grpc internal",
    "tcp internal",
    "exec internal",
  ]);
});
