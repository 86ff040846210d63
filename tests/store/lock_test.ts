import assert from "node:assert/strict";
import { DirLock } from "../../src/store/lock.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("DirLock is held by one at a time", () => {
  using dir = tempDir();
  const first = DirLock.tryAcquire(dir.path)!;
  assert.equal(DirLock.tryAcquire(dir.path), undefined);
  first.release();
  const second = DirLock.tryAcquire(dir.path)!;
  assert.ok(second);
  second.release();
});

/** Starts programs one after the other on a thread of its own, then says so. */
const SPAWNING = `
  for (let i = 0; i < 150; i++) new Deno.Command("true", { stdout: "null", stderr: "null" }).outputSync();
  self.postMessage("done");
`;

// Between its fork and its exec, a child has all that its parent has open, the lock's file too.
Deno.test("DirLock is free once released, although another thread is starting programs", async () => {
  using dir = tempDir();
  const url = URL.createObjectURL(new Blob([SPAWNING], { type: "application/javascript" }));
  const worker = new Worker(url, { type: "module" });
  let isSpawning = true;
  worker.onmessage = () => isSpawning = false;
  let tries = 0;
  try {
    for (; isSpawning; tries++) {
      const lock = DirLock.tryAcquire(dir.path);
      assert.ok(lock, `not free at try ${tries}`);
      lock.release();
      if (tries % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
  } finally {
    worker.terminate();
    URL.revokeObjectURL(url);
  }
  assert.ok(tries > 20);
});
