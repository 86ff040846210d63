import assert from "node:assert/strict";
import { SystemClock } from "../../src/base/clock.ts";
import { Logging } from "../../src/base/log.ts";
import { ExecPolicy } from "../../src/probes/mod.ts";
import { type Followed, Follower } from "../../src/supervisor/follower.ts";
import { tempDir } from "../support/temp_dir.ts";

/** Applies when it is told to. */
class FakeService implements Followed {
  readonly applications: PromiseWithResolvers<{ kind: "applied" }>[] = [];
  readonly outcomes: boolean[] = [];
  #begun = Promise.withResolvers<void>();

  apply(): Promise<{ kind: "applied" }> {
    const application = Promise.withResolvers<{ kind: "applied" }>();
    this.applications.push(application);
    this.#begun.resolve();
    this.#begun = Promise.withResolvers();
    return application.promise;
  }

  reloaded(successful: boolean): void {
    this.outcomes.push(successful);
  }

  /** Resolves when so many have begun. */
  async begun(count: number): Promise<void> {
    while (this.applications.length < count) await this.#begun.promise;
  }
}

/** A follower of a file that stays as it is. */
function rig(): { service: FakeService; follower: Follower; logged: string[] } & Disposable {
  const dir = tempDir();
  const clock = new SystemClock();
  const logged: string[] = [];
  const service = new FakeService();
  const follower = new Follower(service, {
    configPath: dir.write("bunny.yaml", "egress: { probes: [] }\n"),
    clock,
    logging: new Logging({
      format: "json",
      level: "error",
      write: (line) => void logged.push(line),
      wallNow: () => clock.wallNow(),
    }),
    execPolicy: new ExecPolicy([]),
    canWatchProcesses: true,
  });
  return { service, follower, logged, [Symbol.dispose]: () => dir[Symbol.dispose]() };
}

const APPLIED = { kind: "applied" } as const;

Deno.test("follower: however often it is asked to read again meanwhile, it reads once more", async () => {
  using running = rig();
  const { service, follower } = running;
  const first = follower.readAgain();
  await service.begun(1);
  const others = [follower.readAgain(), follower.readAgain(), follower.readAgain()];
  service.applications[0].resolve(APPLIED);
  await first;
  await service.begun(2);
  service.applications[1].resolve(APPLIED);
  await Promise.all(others);
  await follower.close();
  assert.equal(service.applications.length, 2);
  assert.deepEqual(service.outcomes, [true, true]);
});

Deno.test("follower: what it reads when it is closed is not taken over, and no failure", async () => {
  using running = rig();
  const { service, follower } = running;
  const reading = follower.readAgain();
  await follower.close();
  await reading;
  await follower.readAgain();
  assert.equal(service.applications.length, 0);
  assert.deepEqual(service.outcomes, []);
});

Deno.test("follower: an error of the service is logged, and the next reading has its turn", async () => {
  using running = rig();
  const { service, follower, logged } = running;
  const first = follower.readAgain();
  await service.begun(1);
  service.applications[0].reject(new Error("broken"));
  await first;
  assert.match(logged.join("\n"), /could not be read again.*broken/);
  const second = follower.readAgain();
  await service.begun(2);
  service.applications[1].resolve(APPLIED);
  await second;
  await follower.close();
  assert.deepEqual(service.outcomes, [true]);
});
