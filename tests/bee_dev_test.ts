import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { freePort } from "./support/free_port.ts";
import { denoProcess, type RunningProcess } from "./support/process_runner.ts";
import { type TempDir, tempDir } from "./support/temp_dir.ts";

const DEV = fileURLToPath(new URL("./bee/dev.ts", import.meta.url));

/** Ends a stand-in whose parent is gone: a test that fails leaves nobody behind. */
const ENDS_WITH_PARENT = `const parent = Deno.ppid;
  setInterval(() => { if (Deno.ppid !== parent) Deno.exit(9); }, 500);`;

/** Stands in for Bee or Bunny: listens, says that it is up, and when asked to end, that it does. */
const STAND_IN = `${ENDS_WITH_PARENT}
  const [name, port] = [NAME, PORT];
  const options = { hostname: "127.0.0.1", port, onListen() {} };
  Deno.serve(options, () => new Response());
  console.log(name, "up", Deno.args.join(" "), "LOG_HANDLER=" + Deno.env.get("LOG_HANDLER"));
  console.error("complaint");
  Deno.addSignalListener("SIGTERM", () => {
    console.log(name, "down");
    Deno.exit(0);
  });
`;

/** A repository of stand-ins. */
class Repository implements Disposable {
  readonly dir: TempDir = tempDir();
  readonly beePort = freePort();
  readonly bunnyPort = freePort();
  readonly healthPort = freePort();

  constructor() {
    for (const path of ["src/base/clock.ts", "src/probes/http.ts", "tests/bee/wave.ts"]) {
      this.dir.write(path, "");
    }
    this.writeMain("src/main.ts", "bunny", this.bunnyPort);
    this.writeMain("tests/bee/main.ts", "bee", this.beePort);
    const health = "health: [{ path: healthz-liveness }, { path: /healthz-readiness }], " +
      `healthPort: ${this.healthPort}`;
    this.dir.write(
      "bunny.example.yaml",
      `ingress: { httpServer: { port: ${this.bunnyPort}, host: 127.0.0.1, ${health} } }`,
    );
  }

  writeMain(path: string, name: string, port: number): void {
    this.dir.write(path, STAND_IN.replace("NAME", JSON.stringify(name)).replace("PORT", String(port)));
  }

  dev(): RunningProcess {
    const env = {
      BEE_HEALTH_PORT: String(this.beePort),
      BEE_HELLO_PORT: "0",
      BEE_TCP_PORT: "0",
      BEE_GRPC_PORT: "0",
      LOG_HANDLER: "text",
    };
    return denoProcess(["run", "--allow-all", "--no-check", DEV, "--root", this.dir.path], { env });
  }

  [Symbol.dispose](): void {
    this.dir[Symbol.dispose]();
  }
}

Deno.test("dev runs both, says where to look, and ends both", async () => {
  using repository = new Repository();
  await using dev = repository.dev();
  await dev.waitForLine(/^dev {3}│ look at/);
  assert.deepEqual(
    dev.lines.map(({ text }) => text).sort(),
    [
      "bee   │ bee up  LOG_HANDLER=text",
      "bee   │ complaint",
      "bunny │ bunny up run --config bunny.example.yaml LOG_HANDLER=text",
      "bunny │ complaint",
      `dev   │ look at http://127.0.0.1:${repository.bunnyPort}/ (verdicts: /healthz-liveness /healthz-readiness), ` +
      `Bee is at http://127.0.0.1:${repository.beePort}/healthz; Ctrl+C ends both`,
    ],
  );
  dev.kill("SIGTERM");
  assert.equal((await dev.status).code, 0);
  assert.match(dev.output, /^bee {3}│ bee down$/m);
  assert.match(dev.output, /^bunny │ bunny down$/m);
  assert.doesNotMatch(dev.output, /again/);
  await assertFree(repository);
});

Deno.test("dev starts again what a change concerns, once for a burst of changes", async (t) => {
  using repository = new Repository();
  await using dev = repository.dev();
  await dev.waitForLine(/look at/);
  for (
    const { path, want } of [
      { path: "src/probes/http.ts", want: ["bunny"] },
      { path: "tests/bee/wave.ts", want: ["bee"] },
      { path: "src/base/clock.ts", want: ["bee", "bunny"] },
    ]
  ) {
    await t.step(path, async () => {
      const from = dev.lines.length;
      for (let change = 0; change < 5; change++) repository.dir.write(path, `// change ${change}`);
      repository.dir.write(`${path}.swp`, "");
      for (const _ of want) await dev.waitForLine(/ up /);
      const ups = dev.lines.slice(from).map(({ text }) => / (bee|bunny) up /.exec(text)?.[1]).filter((name) =>
        name
      );
      assert.deepEqual(ups.sort(), want);
    });
  }
  dev.kill("SIGINT");
  assert.equal((await dev.status).code, 0);
  await assertFree(repository);
});

Deno.test("dev starts a Bunny again that its configuration ended, when that changes", async () => {
  using repository = new Repository();
  repository.dir.write("src/main.ts", `console.error("bad configuration"); Deno.exit(2);`);
  await using dev = repository.dev();
  await dev.waitForLine(/^bunny │ ended with exit code 2; it starts again/);
  repository.dir.write("bunny.example.yaml", "ingress: {}");
  await dev.waitForLine(/^bunny │ bad configuration/);
  dev.kill("SIGTERM");
  assert.equal((await dev.status).code, 0);
});

Deno.test("dev ends by force what does not end by itself, at the second signal", async () => {
  using repository = new Repository();
  repository.dir.write(
    "src/main.ts",
    `${ENDS_WITH_PARENT}
    Deno.addSignalListener("SIGTERM", () => console.log("not me"));
    console.log("stubborn");`,
  );
  await using dev = repository.dev();
  await dev.waitForLine(/stubborn/);
  dev.kill("SIGTERM");
  await dev.waitForLine(/not me/);
  dev.kill("SIGTERM");
  assert.equal((await dev.status).code, 0);
  await assertFree(repository);
});

const TAKEN: { name: string; owner: string; portOf: (repository: Repository) => number }[] = [
  { name: "a port", owner: "bee", portOf: ({ beePort }) => beePort },
  { name: "the port for verdicts", owner: "bunny", portOf: ({ healthPort }) => healthPort },
];

for (const { name, owner, portOf } of TAKEN) {
  Deno.test(`dev starts nothing when ${name} is taken, and says which`, async () => {
    using repository = new Repository();
    const port = portOf(repository);
    using _taken = Deno.listen({ hostname: "127.0.0.1", port });
    await using dev = repository.dev();
    assert.equal((await dev.status).code, 1);
    assert.equal(
      dev.output,
      `dev: port ${port} on 127.0.0.1, which ${owner} needs, is taken: end what listens there`,
    );
  });
}

/** Nobody listens any more: nobody is left. */
function assertFree({ beePort, bunnyPort }: Repository): void {
  for (const port of [beePort, bunnyPort]) Deno.listen({ hostname: "127.0.0.1", port }).close();
}
