import assert from "node:assert/strict";
import { signalRequests } from "../../src/supervisor/signals.ts";

// What can be listened to there; anything else makes Deno.addSignalListener throw, and Bunny would not start.
const KNOWN_TO_WINDOWS: readonly string[] = ["SIGINT", "SIGBREAK", "SIGTERM", "SIGHUP"];

Deno.test("signals: Windows is asked only for those that it has, and none reloads", () => {
  const requests = Object.entries(signalRequests("windows"));
  assert.deepEqual(requests.filter(([signal]) => !KNOWN_TO_WINDOWS.includes(signal)), []);
  assert.deepEqual(new Set(requests.map(([, request]) => request)), new Set(["stop"]));
});

for (const os of ["linux", "darwin"] as const) {
  Deno.test(`signals: SIGTERM and SIGINT stop, SIGHUP reloads: ${os}`, () => {
    assert.deepEqual(signalRequests(os), { SIGTERM: "stop", SIGINT: "stop", SIGHUP: "reload" });
  });
}
