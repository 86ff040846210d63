import assert from "node:assert/strict";
import { TARGETS } from "../../deploy/runtime.ts";
import { read, readManifest, type Yaml, yamlFiles } from "./manifests.ts";

const WORKFLOWS = [...yamlFiles(".github/workflows")].map((path) => ({ path, workflow: readManifest(path) }));
const CI = readManifest(".github/workflows/ci.yaml");
const RELEASE = readManifest(".github/workflows/release.yaml");

function stepsOf(workflow: Yaml): Yaml[] {
  return Object.values<Yaml>(workflow.jobs).flatMap((job) => job.steps ?? []);
}

for (const { path, workflow } of WORKFLOWS) {
  Deno.test(`${path}: actions are named by commit, with the version beside it`, () => {
    const lines = read(path).split("\n").filter((line) => /\buses: [^.]/.test(line));
    assert.ok(lines.length > 0);
    for (const line of lines) assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  Deno.test(`${path}: one version of an action everywhere`, () => {
    const all = WORKFLOWS.flatMap(({ workflow }) => stepsOf(workflow)).flatMap(({ uses }) => uses ?? []);
    const byName = new Map(all.map((uses: string) => [uses.split("@")[0], uses]));
    for (const { uses } of stepsOf(workflow)) if (uses) assert.equal(uses, byName.get(uses.split("@")[0]));
  });

  Deno.test(`${path}: nothing from outside gets into a script but by the environment`, () => {
    for (const { run } of stepsOf(workflow)) assert.doesNotMatch(run ?? "", /\$\{\{/);
  });

  Deno.test(`${path}: no job runs for ever, or leaves a token behind`, () => {
    for (const [name, job] of Object.entries<Yaml>(workflow.jobs)) {
      if (job.uses === undefined) assert.ok(job["timeout-minutes"] <= 60, name);
    }
    for (const { uses, with: options } of stepsOf(workflow)) {
      if (uses?.startsWith("actions/checkout@")) assert.equal(options["persist-credentials"], false);
    }
  });
}

Deno.test("CI runs what a developer runs, and may only read", () => {
  assert.deepEqual(CI.permissions, { contents: "read" });
  assert.ok(stepsOf(CI).some(({ run }) => run === ".ci/run"));
  for (const job of Object.values<Yaml>(CI.jobs)) assert.equal(job.permissions, undefined);
});

Deno.test("a release: each job has the rights that it needs", () => {
  assert.deepEqual(RELEASE.permissions, {});
  const rights = Object.entries<Yaml>(RELEASE.jobs).map(([name, { permissions }]) => [name, permissions]);
  const read = { contents: "read" };
  const sign = { "id-token": "write", attestations: "write" };
  assert.deepEqual(Object.fromEntries(rights), {
    checks: read,
    build: read,
    start: read,
    images: { ...read, packages: "write", ...sign },
    publish: { contents: "write", ...sign },
  });
});

Deno.test("a release: comes last, after all that could be wrong with it", () => {
  assert.equal(RELEASE.jobs.checks.uses, "./.github/workflows/ci.yaml");
  assert.ok("workflow_call" in CI.on);
  const { publish, ...others } = RELEASE.jobs;
  assert.deepEqual(new Set(publish.needs), new Set(Object.keys(others)));
});

Deno.test("a release: builds for every target, and starts what it built", () => {
  assert.equal(TARGETS.length, 5);
  const builds = stepsOf(RELEASE).find(({ name }) => name === "Executables").run as string;
  const [, built] = /for target in ([^;]+);/.exec(builds.replaceAll(/\\\n\s*/g, ""))!;
  assert.deepEqual(built.trim().split(/\s+/), TARGETS);
  const started = RELEASE.jobs.start.strategy.matrix.include.map(({ file }: Yaml) => file);
  const files = TARGETS.map((target) => `bunny-${target}${target.includes("windows") ? ".exe" : ""}`);
  assert.deepEqual(started, files);
});

Deno.test("a release: pushes both images for both architectures, with SBOM and provenance", () => {
  const { strategy, steps } = RELEASE.jobs.images;
  const stages = [...read("Dockerfile").matchAll(/^FROM \$\{RUNTIME_IMAGE\} AS (\w+)$/gm)].map(([, name]) =>
    name
  );
  assert.deepEqual(new Set(strategy.matrix.target), new Set(stages));
  const build = steps.find(({ uses }: Yaml) => uses?.startsWith("docker/build-push-action@")).with;
  assert.equal(build.platforms, "linux/amd64,linux/arm64");
  assert.deepEqual([build.push, build.sbom, build.provenance], [true, true, "mode=max"]);
  for (const name of build["build-args"].trim().split("\n").map((line: string) => line.split("=")[0])) {
    assert.match(read("Dockerfile"), new RegExp(`^ARG ${name}\\b`, "m"));
  }
});

Deno.test("every Deno that is named is the same", () => {
  const [, pinned] = /deno@(\d+\.\d+\.\d+)/.exec(read(".ci/run"))!;
  for (const path of [".github/workflows/release.yaml", "README.md"]) {
    const named = [...read(path).matchAll(/\bdeno@([\d.]+\d)/g)].map(([, version]) => version);
    assert.ok(named.length > 0, path);
    assert.deepEqual([...new Set(named)], [pinned], path);
  }
});
