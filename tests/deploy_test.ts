import assert from "node:assert/strict";
import { relative } from "node:path";
import type { Config } from "../src/config/mod.ts";
import { VERSION } from "../src/model/version.ts";
import {
  canRun,
  configOf,
  kubectlInstalled,
  KUBERNETES,
  parseYaml,
  read,
  readManifest,
  render,
  ROOT,
  type Yaml,
  yamlFiles,
} from "./deploy/manifests.ts";
import { SHIPPED_ENVIRONMENT } from "./support/shipped_environment.ts";
import { tempDir } from "./support/temp_dir.ts";

const BUNNY_PORT = 1312;
const HEALTH_PORT = 1313;

/** What the securityContext of the original's manifest says, and the user that the image has. */
const SECURITY_CONTEXT = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  privileged: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  runAsUser: 1312,
  runAsGroup: 1312,
  seccompProfile: { type: "RuntimeDefault" },
};

/** What holds for every Pod that we show, whichever container owns the probes. */
function checkPod(pod: Yaml, config: Config, probed: Yaml, bunny: Yaml): void {
  for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
    assert.deepEqual(container.securityContext, SECURITY_CONTEXT, container.name);
    assert.ok(container.resources.limits.cpu && container.resources.limits.memory, container.name);
    assert.ok(container.resources.requests.cpu && container.resources.requests.memory, container.name);
  }
  assert.equal(pod.automountServiceAccountToken, false);

  const { port, healthPort = port } = config.ingress;
  assert.equal(port, BUNNY_PORT);
  const healthPaths = config.ingress.health.map(({ path }) => path.replace(/^\//, ""));
  const probes = ["startupProbe", "livenessProbe", "readinessProbe"].map((kind) => probed[kind]);
  assert.deepEqual(
    probes.map((probe) => probe.httpGet),
    ["startup", "liveness", "readiness"].map((name) => ({ path: `/healthz-${name}`, port: healthPort })),
  );
  assert.deepEqual(
    probes.map((probe) => probe.httpGet.path.slice(1)).filter((path) => !healthPaths.includes(path)),
    [],
  );
  assert.deepEqual(bunny.ports, [
    { name: "bunny", containerPort: BUNNY_PORT },
    ...(healthPort === port ? [] : [{ name: "health", containerPort: healthPort }]),
  ]);

  const env = Object.fromEntries(bunny.env.map((variable: Yaml) => [variable.name, variable.value]));
  const mounts = Object.fromEntries(bunny.volumeMounts.map((mount: Yaml) => [mount.mountPath, mount]));
  assert.equal(env.BUNNY_CONFIG_FILE_PATH, "/config/bunny.yaml");
  assert.equal(mounts["/config"].readOnly, true);
  assert.equal(mounts["/config"].subPath, undefined, "a file mounted by subPath is never updated");
  const volume = (path: string) => pod.volumes.find(({ name }: Yaml) => name === mounts[path].name);
  assert.deepEqual(volume("/config").configMap, { name: "bunny" });
  assert.equal(volume(config.telemetry.store.tsdbPath).emptyDir.sizeLimit, "10Mi");
  assert.ok(config.telemetry.store.retentionSizeBytes! < 10 * 1024 * 1024);
}

Deno.test("every YAML file of deploy/ and .github/ parses without a warning", () => {
  const files = [...yamlFiles("deploy"), ...yamlFiles(".github")];
  assert.ok(files.length >= 10, `only ${files.length} files found`);
  for (const path of files) assert.notEqual(parseYaml(read(path), path).length, 0, path);
});

Deno.test("the recommended shape: Bunny a native sidecar, the app owns the probes", async () => {
  const deployment = readManifest(`${KUBERNETES}/base/deployment.yaml`);
  const { template, selector } = deployment.spec;
  const [bunny, ...otherInitContainers] = template.spec.initContainers;
  const [app, ...otherContainers] = template.spec.containers;
  assert.deepEqual([bunny.name, otherInitContainers, app.name, otherContainers], ["bunny", [], "bee", []]);
  assert.equal(bunny.restartPolicy, "Always");
  assert.equal(template.spec.shareProcessNamespace, undefined);
  checkPod(template.spec, await configOf(`${KUBERNETES}/base/bunny.yaml`), app, bunny);

  // Bunny's own probes are about Bunny alone.
  assert.deepEqual(bunny.startupProbe.httpGet, { path: "/-/ready", port: HEALTH_PORT });
  assert.deepEqual(bunny.livenessProbe.httpGet, { path: "/-/healthy", port: HEALTH_PORT });
  assert.equal(bunny.readinessProbe, undefined);
  // A Bunny that restarts must not take the app with it: the kubelet lets it wait for 20 seconds, then for nearly 30.
  const patienceSeconds = app.livenessProbe.failureThreshold * app.livenessProbe.periodSeconds;
  assert.ok(patienceSeconds >= 30);
  // Nor must one that hangs, which the kubelet first has to notice and to end.
  const { failureThreshold, periodSeconds, terminationGracePeriodSeconds } = bunny.livenessProbe;
  assert.ok((failureThreshold + 1) * periodSeconds + terminationGracePeriodSeconds < patienceSeconds);

  const { labels, annotations } = template.metadata;
  assert.deepEqual(labels, selector.matchLabels);
  assert.deepEqual(annotations, {
    "prometheus.io/scrape": "true",
    "prometheus.io/port": String(BUNNY_PORT),
    "prometheus.io/path": "/otel-metrics",
  });
  const service = readManifest(`${KUBERNETES}/base/service.yaml`);
  assert.deepEqual(service.spec.selector, labels);
  const targets = app.ports.map(({ name }: Yaml) => name);
  assert.ok(service.spec.ports.every(({ targetPort }: Yaml) => targets.includes(targetPort)));
});

Deno.test("the Secret holds what Bunny takes from it, and no secret", () => {
  const secret = readManifest(`${KUBERNETES}/base/secret.yaml`);
  const [bunny] = readManifest(`${KUBERNETES}/base/deployment.yaml`).spec.template.spec.initContainers;
  assert.deepEqual(bunny.envFrom, [{ secretRef: { name: secret.metadata.name, optional: true } }]);
  assert.deepEqual(Object.values(secret.stringData), [""]);
});

Deno.test("the original's shape has the base's configuration on one port, and watches the app's process", async () => {
  const base = await configOf(`${KUBERNETES}/base/bunny.yaml`);
  const original = await configOf(`${KUBERNETES}/original-shape/bunny.yaml`);
  assert.equal(base.signals.watchedProcess, undefined);
  const watched = original.signals.watchedProcess;
  assert.deepEqual(["/bee", "/bee --host x", "/beehive", "/bunny"].map((line) => watched?.finds(line)), [
    true,
    true,
    false,
    false,
  ]);
  assert.deepEqual([base.ingress.healthPort, original.ingress.healthPort], [HEALTH_PORT, undefined]);
  const text = read(`${KUBERNETES}/original-shape/bunny.yaml`);
  assert.equal(
    text.replace(/^signals:\n(?: .*\n)*/m, ""),
    read(`${KUBERNETES}/base/bunny.yaml`).replace(/^ *healthPort: .*\n/m, ""),
  );
});

Deno.test("the PodMonitor scrapes Bunny's pages by the port's name", async () => {
  const { spec } = readManifest(`${KUBERNETES}/components/podmonitor/podmonitor.yaml`);
  const deployment = readManifest(`${KUBERNETES}/base/deployment.yaml`);
  const { openTelemetryMetricsPath, prometheusMetricsPath } =
    (await configOf(`${KUBERNETES}/base/bunny.yaml`)).ingress;
  assert.deepEqual(spec.selector.matchLabels, deployment.spec.template.metadata.labels);
  // The operator puts the port's name on every series as "endpoint", which is Bunny's label, and tells pages not apart.
  const relabelings = [
    { regex: "endpoint", action: "labeldrop" },
    { sourceLabels: ["__metrics_path__"], targetLabel: "metrics_path", action: "replace" },
  ];
  assert.deepEqual(
    spec.podMetricsEndpoints,
    [openTelemetryMetricsPath, prometheusMetricsPath].map((path) => ({
      port: "bunny",
      path: `/${path.replace(/^\//, "")}`,
      relabelings,
    })),
  );
});

Deno.test("the NetworkPolicy lets everybody to the app, who has the label to Bunny, and nobody to verdicts", () => {
  const { spec } = readManifest(`${KUBERNETES}/components/networkpolicy/networkpolicy.yaml`);
  const { template } = readManifest(`${KUBERNETES}/base/deployment.yaml`).spec;
  const service = readManifest(`${KUBERNETES}/base/service.yaml`);
  const [app] = template.spec.containers;
  const [bunny] = template.spec.initContainers;
  assert.deepEqual(spec.podSelector.matchLabels, template.metadata.labels);
  assert.deepEqual(spec.policyTypes, ["Ingress"]);
  const open = (rules: Yaml[]) => rules.flatMap(({ ports }) => ports.map(({ port }: Yaml) => port));
  const [everybody, some] = [true, false].map((isAny) =>
    spec.ingress.filter(({ from }: Yaml) => (from === undefined) === isAny)
  );
  const appPorts = app.ports.map(({ containerPort }: Yaml) => containerPort);
  assert.deepEqual(open(everybody), appPorts);
  assert.equal(service.spec.ports.length, appPorts.length);
  assert.deepEqual(open(some), [BUNNY_PORT]);
  const label = { matchLabels: { "bunny-client": "true" } };
  assert.deepEqual(some[0].from, [{ podSelector: label }, { namespaceSelector: label }]);
  const declared = bunny.ports.map(({ containerPort }: Yaml) => containerPort);
  assert.deepEqual(declared.filter((port: number) => !open(spec.ingress).includes(port)), [HEALTH_PORT]);
});

Deno.test("the images' version is the program's", () => {
  const { images } = readManifest(`${KUBERNETES}/base/kustomization.yaml`);
  assert.deepEqual(images, [{ name: "bunny", newTag: VERSION }, { name: "bee", newTag: VERSION }]);
  assert.match(read("Dockerfile"), new RegExp(`^ARG VERSION=${VERSION.replaceAll(".", "\\.")}$`, "m"));
});

const kubectl = await kubectlInstalled();

function kinds(documents: Yaml[]): string[] {
  return documents.map(({ kind }) => kind).sort();
}

Deno.test({ name: "kustomize renders the base", ignore: !kubectl }, async () => {
  const documents = await render(`${ROOT}${KUBERNETES}/base`);
  assert.deepEqual(kinds(documents), ["ConfigMap", "Deployment", "Secret", "Service"]);
  const configMap = documents.find(({ kind }) => kind === "ConfigMap");
  assert.equal(configMap.metadata.name, "bunny", "the same name always, or a change would replace the Pods");
  assert.deepEqual(configMap.data, { "bunny.yaml": read(`${KUBERNETES}/base/bunny.yaml`) });
  const { spec } = documents.find(({ kind }) => kind === "Deployment").spec.template;
  assert.equal(spec.initContainers[0].image, `bunny:${VERSION}`);
  assert.equal(spec.containers[0].image, `bee:${VERSION}`);
});

Deno.test({ name: "kustomize renders the original's shape", ignore: !kubectl }, async () => {
  const documents = await render(`${ROOT}${KUBERNETES}/original-shape`);
  assert.deepEqual(kinds(documents), ["ConfigMap", "Deployment", "Secret", "Service"]);
  const { spec } = documents.find(({ kind }) => kind === "Deployment").spec.template;
  const [app, bunny, ...others] = spec.containers;
  assert.deepEqual([app.name, bunny.name, others, spec.initContainers], ["bee", "bunny", [], undefined]);
  assert.equal(spec.shareProcessNamespace, true);
  assert.equal(bunny.restartPolicy, undefined);
  checkPod(spec, await configOf(`${KUBERNETES}/original-shape/bunny.yaml`), bunny, bunny);
  assert.deepEqual([app.startupProbe, app.livenessProbe, app.readinessProbe], [
    undefined,
    undefined,
    undefined,
  ]);
  const { data } = documents.find(({ kind }) => kind === "ConfigMap");
  assert.match(data["bunny.yaml"], /^signals:$/m);
});

Deno.test(
  { name: "kustomize renders the PodMonitor beside the base, scraped once", ignore: !kubectl },
  async () => {
    using dir = tempDir();
    const path = (folder: string) => relative(Deno.realPathSync(dir.path), `${ROOT}${KUBERNETES}/${folder}`);
    const kustomization = `resources: ["${path("base")}"]\ncomponents: ["${
      path("components/podmonitor")
    }"]\n`;
    dir.write("kustomization.yaml", kustomization);
    const documents = await render(dir.path);
    assert.deepEqual(kinds(documents), ["ConfigMap", "Deployment", "PodMonitor", "Secret", "Service"]);
    const { template } = documents.find(({ kind }) => kind === "Deployment").spec;
    assert.deepEqual(template.metadata.annotations ?? {}, {});
  },
);

/** As it stands in the Dockerfile and in the unit. */
const SHIPPED = Object.entries(SHIPPED_ENVIRONMENT).map(([name, value]) => `${name}=${value}`).join(" ");

Deno.test("the systemd unit gives no more than Bunny needs", () => {
  const unit = readUnit("deploy/systemd/bunny.service");
  for (
    const [key, want] of Object.entries({
      DynamicUser: "yes",
      NoNewPrivileges: "yes",
      CapabilityBoundingSet: "",
      ProtectSystem: "strict",
      ProtectHome: "yes",
      PrivateDevices: "yes",
      StateDirectory: "bunny",
      SystemCallFilter: "~@privileged @resources", // the last line; what it takes away from is below
      RestartPreventExitStatus: "2",
      KillMode: "mixed",
      // The code cache is trusted by the runtime: nobody else may write where it lies.
      Environment: `TMPDIR=/var/cache/bunny ${SHIPPED}`,
      CacheDirectory: "bunny",
      CacheDirectoryMode: "0700",
    })
  ) assert.deepEqual([key, unit.get(`Service.${key}`)], [key, want]);
  assert.match(read("deploy/systemd/bunny.service"), /^SystemCallFilter=@system-service$/m);
  assert.equal(unit.get("Service.MemoryDenyWriteExecute"), undefined, "V8 could not start");
  assert.match(unit.get("Service.ExecStart")!, /^\/\S+\/bunny run --config \//);
  assert.ok(unit.has("Unit.StartLimitBurst"));
});

const systemdAnalyze = await canRun("systemd-analyze", "--version");

Deno.test({ name: "systemd finds nothing wrong with the unit", ignore: !systemdAnalyze }, async () => {
  using dir = tempDir();
  const unit = read("deploy/systemd/bunny.service").replace(/^ExecStart=\S+/m, "ExecStart=/bin/true");
  const path = dir.write("bunny.service", unit);
  const { success, stderr } = await new Deno.Command("systemd-analyze", { args: ["verify", path] }).output();
  const complaints = new TextDecoder().decode(stderr).split("\n").filter((line) =>
    line.includes("bunny.service")
  );
  assert.deepEqual([success, complaints], [true, []]);
});

const canRate = await canRun("systemd-analyze", "security", "--offline=true", "--help");

Deno.test({ name: "systemd counts the unit among the well protected", ignore: !canRate }, async () => {
  const { success, stdout, stderr } = await new Deno.Command("systemd-analyze", {
    // From 0, all locked up, to 100, all open.
    args: ["security", "--offline=true", "--threshold=15", `${ROOT}deploy/systemd/bunny.service`],
  }).output();
  const decoder = new TextDecoder();
  assert.ok(success, decoder.decode(stdout) + decoder.decode(stderr));
});

Deno.test("the images hold one executable each and run as user 1312", () => {
  const dockerfile = read("Dockerfile").replaceAll(/^#.*\n/gm, "");
  const stages = dockerfile.split(/^FROM /m).slice(1);
  const last = stages.at(-1)!;
  assert.match(last, /^\$\{RUNTIME_IMAGE\} AS bunny$/m, "a build without --target makes Bunny");
  // The code cache lies where only the image's build can write.
  assert.ok(
    last.includes(`\nENV TMPDIR=/ ${SHIPPED}\n`),
    "the image's environment is the one that tests have",
  );
  assert.match(dockerfile, /^ARG RUNTIME_IMAGE=gcr\.io\/distroless\/cc-\S+@sha256:[0-9a-f]{64}$/m);
  assert.match(dockerfile, /^ARG BUILD_IMAGE=docker\.io\/library\/node:\S+@sha256:[0-9a-f]{64}$/m);
  for (const stage of stages.filter((stage) => stage.startsWith("${RUNTIME_IMAGE}"))) {
    assert.match(stage, /^USER 1312:1312$/m);
    assert.match(stage, /^WORKDIR \/$/m, "the base's is a home that user 1312 may not enter");
    assert.match(stage, /^ENTRYPOINT \["\/(bunny|bee)"\]$/m);
    assert.equal(stage.match(/^COPY /gm)?.length, 1);
    assert.doesNotMatch(stage, /^(RUN|ADD) /m);
  }
  const [, pinned] = /^ARG DENO_VERSION=(\S+)$/m.exec(dockerfile)!;
  assert.match(read(".ci/run"), new RegExp(`deno@${pinned.replaceAll(".", "\\.")} `));
});

Deno.test("the image's build sees what it copies and nothing else", () => {
  const ignored = read(".dockerignore").split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  assert.equal(ignored[0], "*");
  const copied = [...read("Dockerfile").matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files]) =>
    files.split(" ")
  );
  assert.deepEqual(
    ignored.filter((line) => line.startsWith("!")).map((line) => line.slice(1)).sort(),
    copied.sort(),
  );
});

/** `Section.Key` → value of an INI-like unit; the last of repeated ones. */
function readUnit(path: string): Map<string, string> {
  const values = new Map<string, string>();
  let section = "";
  for (const line of read(path).split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const header = /^\[(\w+)\]$/.exec(line);
    const setting = /^(\w+)=(.*)$/.exec(line);
    if (header) section = header[1];
    else if (setting) values.set(`${section}.${setting[1]}`, setting[2]);
    else assert.fail(`${path}: ${line}`);
  }
  return values;
}
