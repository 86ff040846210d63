import assert from "node:assert/strict";
import { parse } from "yaml";
import { readEnvironment } from "../src/config/mod.ts";
import { readOtelEnvironment } from "../src/telemetry/otel_environment.ts";
import { schemaComplaints } from "./deploy/kubernetes_schema.ts";
import { headingsOf, withoutCode } from "./support/markdown.ts";
import { README_FILE, withContents } from "./support/write_contents.ts";

const ROOT = new URL("../", import.meta.url);
const README = await Deno.readTextFile(README_FILE);

Deno.test("README: the table of contents is current (else: deno task contents)", () => {
  assert.match(README, /<!-- contents -->\n\n- \[/);
  assert.equal(README, withContents(README));
});

Deno.test("README: every link leads somewhere", () => {
  const anchors = new Set(headingsOf(README).map(({ anchor }) => `#${anchor}`));
  const targets = [...withoutCode(README).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
  const inside = targets.filter((target) => !/^https?:/.test(target));
  assert.ok(inside.length > 60);
  for (const target of inside) {
    if (target.startsWith("#")) assert.ok(anchors.has(target), target);
    else assert.ok(Deno.statSync(new URL(target, ROOT)), target);
  }
});

Deno.test("README: the Pod it shows fits Kubernetes' schema", async () => {
  const [, text] = /^```yaml pod\.yaml\n([\s\S]*?)^```$/m.exec(README)!;
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "pod" }, ...parse(text) };
  assert.deepEqual(await schemaComplaints(pod), []);
});

Deno.test("README: the Pod it shows is the one of deploy/kubernetes/base, but for its names", () => {
  const [, text] = /^```yaml pod\.yaml\n([\s\S]*?)^```$/m.exec(README)!;
  const { initContainers: [shown], containers: [app] } = parse(text).spec;
  const base = parse(Deno.readTextFileSync(new URL("deploy/kubernetes/base/deployment.yaml", ROOT)));
  const { initContainers: [bunny], containers: [bee] } = base.spec.template.spec;
  for (const key of ["restartPolicy", "ports", "resources", "securityContext"]) {
    assert.deepEqual(shown[key], bunny[key], key);
  }
  for (const key of ["startupProbe", "livenessProbe", "readinessProbe"]) {
    assert.deepEqual(app[key], bee[key], key);
  }
});

Deno.test("README: the NetworkPolicy it shows is the one of deploy/kubernetes/components", () => {
  const shown = [...README.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text)
    .filter((text) => text.includes("policyTypes"));
  const file = new URL("deploy/kubernetes/components/networkpolicy/networkpolicy.yaml", ROOT);
  assert.deepEqual(shown.map((text) => parse(text).spec), [parse(Deno.readTextFileSync(file)).spec]);
});

Deno.test("README: tells every task there is, and no other", () => {
  const tasks = Object.keys(JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT))).tasks);
  const told = new Set([...README.matchAll(/\btask ([a-z]+(?::[a-z]+)?)\b/g)].map(([, name]) => name));
  assert.ok(tasks.length > 10);
  assert.deepEqual([...told].sort(), tasks.sort());
});

/** Names in the README that are told as variables: whole words in code. */
const TOLD = new Set([...README.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name]) => name));

/** Every variable that the two readers of the environment ask for, whatever is set. */
function askedFor(): Set<string> {
  const asked = new Set<string>();
  // Some are looked at only where another one says so.
  const set: Readonly<Record<string, string>> = { OTEL_TRACES_SAMPLER: "traceidratio" };
  const get = (name: string) => {
    asked.add(name);
    return set[name];
  };
  readEnvironment(get);
  const environment = readOtelEnvironment(
    new Proxy({}, { get: (_, name) => typeof name === "string" ? get(name) : undefined }),
  );
  environment.exporters([]);
  for (const signal of ["metrics", "traces"] as const) {
    for (const transport of ["http", "grpc"] as const) environment.endpoint(signal, transport);
  }
  return asked;
}

Deno.test("README: tells every variable of the environment that is read", () => {
  const asked = askedFor();
  assert.ok(asked.size > 50, `only ${asked.size} seen`);
  // One row says of the general ones that each has a twin a signal.
  assert.match(README, /the same with `_METRICS_` or `_TRACES_` after `OTLP`/);
  const untold = [...asked].filter((name) =>
    !TOLD.has(name) && !TOLD.has(name.replace(/^(OTEL_EXPORTER_OTLP_)(METRICS|TRACES)_/, "$1"))
  );
  assert.deepEqual(untold, []);
});

Deno.test("README: tells every variable that the source names, too", () => {
  const untold: string[] = [];
  for (const path of sources("src/")) {
    const text = Deno.readTextFileSync(new URL(path, ROOT));
    for (const [, name] of text.matchAll(/["'`]((?:OTEL|BUNNY|LOG)_[A-Z0-9_]*[A-Z0-9])["'`]/g)) {
      if (!TOLD.has(name)) untold.push(`${path}: ${name}`);
    }
  }
  assert.deepEqual(untold, []);
});

Deno.test("README: no variable is told that nobody reads", () => {
  const asked = askedFor();
  // The Dockerfile sets what the runtime reads.
  const text = [...sources("src/"), "deploy/build.ts", "Dockerfile"]
    .map((path) => Deno.readTextFileSync(new URL(path, ROOT))).join("\n");
  const families = /^(OTEL|BUNNY|LOG|GO|DENO|TZ|HOSTNAME|[A-Z]+_LOG_LEVEL)/;
  const signals = ["SIGTERM", "SIGINT", "SIGHUP", "SYS_PTRACE"];
  const runtimes = ["DENO_TLS_CA_STORE"];
  const unread = [...TOLD].filter((name) =>
    families.test(name) && !signals.includes(name) && !runtimes.includes(name) && !asked.has(name) &&
    !text.includes(name)
  );
  assert.deepEqual(unread, []);
});

function* sources(folder: string): Generator<string, void, void> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (isDirectory) yield* sources(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield `${folder}${name}`;
  }
}
