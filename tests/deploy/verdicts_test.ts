import assert from "node:assert/strict";
import type { HealthConfig } from "../../src/config/mod.ts";
import { engineWith, loaded, valueOf } from "../query/engine_support.ts";
import { configOf, KUBERNETES } from "./manifests.ts";

/** What the app answered to `hello`, five times a second, and what the kubelet is to hear of it in the end. */
const LIVES: { life: string; hello: string; startup: boolean; liveness: boolean }[] = [
  { life: "has never answered", hello: "0x50", startup: false, liveness: false },
  { life: "has just answered for the first time", hello: "0x50 1", startup: true, liveness: true },
  { life: "is up", hello: "1x500", startup: true, liveness: true },
  { life: "was busy for a moment", hello: "1x500 0x5 1", startup: true, liveness: true },
  { life: "crashed and starts again", hello: "1x500 0x5", startup: false, liveness: true },
  { life: "was gone for nine seconds", hello: "1x500 0x45 1", startup: true, liveness: true },
  { life: "has hung for nine seconds", hello: "1x500 0x45", startup: false, liveness: true },
  {
    life: "hung until liveness had it killed, and starts again",
    hello: "1x500 0x205",
    startup: false,
    liveness: false,
  },
  { life: "is back after that", hello: "1x500 0x205 1", startup: true, liveness: true },
];

for (const shape of ["base", "original-shape", "example"]) {
  const { ingress } = await configOf(`${KUBERNETES}/${shape}/bunny.yaml`);

  for (const { life, hello, startup, liveness } of LIVES) {
    Deno.test(`${shape}: what startup and liveness say of an app that ${life}`, async () => {
      const series = hello.replaceAll(/(\d)x(\d+)/g, (_, value, count) => `${value}x${count - 1}`);
      const store = loaded(`load 200ms\n  probe_success{probe="hello", type="http"} ${series}\n`);
      const samples = [...hello.matchAll(/\d+(?:x(\d+))?/g)].reduce(
        (sum, [, count = "1"]) => sum + Number(count),
        0,
      );
      const verdict = async (path: string) => {
        const { query } = ingress.health.find((one: HealthConfig) => one.path === path)!;
        const value = valueOf(await engineWith().instant(store, query.expr, samples * 200));
        assert.equal(value.kind, "vector");
        return value.kind === "vector" && value.samples.length > 0 &&
          value.samples.every((one) => one.value === 1);
      };
      assert.deepEqual(
        { startup: await verdict("healthz-startup"), liveness: await verdict("healthz-liveness") },
        { startup, liveness },
      );
    });
  }
}
