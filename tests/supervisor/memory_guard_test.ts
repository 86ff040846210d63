import assert from "node:assert/strict";
import { MemoryGuard, type OwnMemory, ProcessMemory } from "../../src/supervisor/memory_guard.ts";
import { FakeClock } from "../support/fake_clock.ts";

const MIB = 2 ** 20;

/** Memory that is made of what is in use and of garbage. */
class FakeMemory implements OwnMemory {
  collections = 0;
  constructor(public heldMib: number, public garbageMib: number) {}
  usedBytes(): number {
    return (this.heldMib + this.garbageMib) * MIB;
  }
  collect(): void {
    this.collections++;
    this.garbageMib = 0;
  }
}

Deno.test("memory guard: far from the limit nothing is collected", () => {
  const memory = new FakeMemory(30, 29);
  const guard = new MemoryGuard(96 * MIB, memory, new FakeClock());
  assert.equal(guard.hasRoom(), true);
  assert.equal(memory.collections, 0);
});

for (const { limitMib, mostMib } of [{ limitMib: 96, mostMib: 60 }, { limitMib: 1024, mostMib: 968 }]) {
  Deno.test(`memory guard: of ${limitMib} MiB the process may have ${mostMib}`, () => {
    const ask = (heldMib: number) =>
      new MemoryGuard(limitMib * MIB, new FakeMemory(heldMib, 0), new FakeClock()).hasRoom();
    assert.deepEqual([ask(mostMib), ask(mostMib + 1)], [true, false]);
  });
}

Deno.test("memory guard: near the limit garbage is collected, and then there is room again", () => {
  const memory = new FakeMemory(40, 30);
  const guard = new MemoryGuard(96 * MIB, memory, new FakeClock());
  assert.equal(guard.hasRoom(), true);
  assert.equal(memory.collections, 1);
});

Deno.test("memory guard: what is no garbage is refused, and looked at again when more has come or time has passed", async () => {
  const clock = new FakeClock();
  const memory = new FakeMemory(70, 3);
  const guard = new MemoryGuard(96 * MIB, memory, clock);
  const ask = () => [guard.hasRoom(), memory.collections];
  assert.deepEqual(ask(), [false, 1]);
  memory.garbageMib = 3;
  assert.deepEqual(ask(), [false, 1], "collected again for little");
  memory.garbageMib = 5;
  assert.deepEqual(ask(), [false, 2]);
  memory.heldMib = 40; // its holder was refused
  memory.garbageMib = 30;
  assert.deepEqual(ask(), [false, 2], "collected again at once");
  await clock.advance(250);
  assert.deepEqual(ask(), [true, 3]);
});

Deno.test({
  name: "memory guard: a process sees what it takes",
  ignore: Deno.build.os !== "linux",
  fn: () => {
    let gaveBack = 0;
    using memory = ProcessMemory.open(() => void gaveBack++)!;
    const before = memory.usedBytes();
    assert.ok(before > 5 * MIB && before < 4_096 * MIB, String(before));
    const taken = new Uint8Array(64 * MIB).fill(1);
    assert.ok(memory.usedBytes() - before > 50 * MIB);
    assert.equal(taken.at(-1), 1);
    memory.collect();
    assert.equal(gaveBack, 1);
  },
});
