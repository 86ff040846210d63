import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../src/model/version.ts";
import { readManifest, type Yaml } from "../deploy/manifests.ts";
import { freePort } from "../support/free_port.ts";
import { tempDir } from "../support/temp_dir.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BINARY = Deno.env.get("BUNNY_BINARY");
const FILE = "bunny-here";

/** What a release does with each executable, on its own system. */
const STEPS: Yaml[] = readManifest(".github/workflows/release.yaml").jobs.start.steps
  .filter(({ run }: Yaml) => run !== undefined);

for (const { name, run } of STEPS) {
  Deno.test({ name: `a release starts what it built: ${name}`, ignore: !BINARY }, async () => {
    using dir = tempDir();
    Deno.mkdirSync(`${dir.path}/dist`);
    Deno.copyFileSync(Deno.realPathSync(BINARY!), `${dir.path}/dist/${FILE}`);
    Deno.copyFileSync(`${ROOT}bunny.example.yaml`, `${dir.path}/bunny.example.yaml`);
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["--noprofile", "--norc", "-eo", "pipefail", "-c", run], // as `shell: bash` there
      cwd: dir.path,
      env: { FILE, VERSION, PORT: String(freePort()), RUNNER_OS: "Linux" },
    }).output();
    const decoder = new TextDecoder();
    assert.equal(code, 0, decoder.decode(stdout) + decoder.decode(stderr));
  });
}

Deno.test("a release starts what it built: reads a configuration, and serves one", () => {
  assert.equal(STEPS.length, 2);
});
