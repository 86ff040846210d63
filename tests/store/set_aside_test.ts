import assert from "node:assert/strict";
import { expireSetAside } from "../../src/store/set_aside.ts";
import { tempDir } from "../support/temp_dir.ts";

const HOUR_MS = 3_600_000;
const NOW_MS = 1_700_000_000_000;

const CASES = [
  { name: "written before the retention", writtenMs: NOW_MS - HOUR_MS - 1, removedAfterHours: 0 },
  { name: "written just now", writtenMs: NOW_MS, removedAfterHours: 1 },
  {
    name: "written by a clock that was years ahead",
    writtenMs: NOW_MS + 99_999 * HOUR_MS,
    removedAfterHours: 1,
  },
];

for (const { name, writtenMs, removedAfterHours } of CASES) {
  Deno.test(`a block that was set aside, ${name}, goes one retention later`, () => {
    using dir = tempDir();
    const block = dir.join("set-aside/block");
    Deno.mkdirSync(block, { recursive: true });
    Deno.utimeSync(block, new Date(writtenMs), new Date(writtenMs));
    const removedAt = [0, 1, 2, 3].find((hours) =>
      expireSetAside(dir.path, NOW_MS + hours * HOUR_MS + hours, HOUR_MS)
    );
    assert.equal(removedAt, removedAfterHours);
    assert.deepEqual([...Deno.readDirSync(dir.join("set-aside"))], []);
  });
}
