import assert from "node:assert/strict";
import { RestartBudget } from "../../src/supervisor/restart_budget.ts";

Deno.test("restarts: five in a minute, ever later, and no more", () => {
  const budget = new RestartBudget();
  const waits = [0, 1_000, 2_000, 3_000, 4_000, 5_000, 59_999].map((nowMs) => budget.take(nowMs));
  assert.deepEqual(waits, [0, 100, 300, 600, 900, undefined, undefined]);
});

Deno.test("restarts: what lies a minute back counts no more", () => {
  const budget = new RestartBudget();
  for (const nowMs of [0, 10_000, 20_000, 30_000, 40_000]) budget.take(nowMs);
  assert.equal(budget.take(59_999), undefined);
  assert.equal(budget.take(60_000), 900);
  assert.equal(budget.take(60_001), undefined);
  assert.equal(budget.take(200_000), 0);
});
