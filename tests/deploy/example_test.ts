import assert from "node:assert/strict";
import { tempDir } from "../support/temp_dir.ts";
import {
  canRun,
  configOf,
  kubectlInstalled,
  KUBERNETES,
  objectOf,
  parseYaml,
  read,
  readManifest,
  render,
  ROOT,
  type Yaml,
} from "./manifests.ts";

const EXAMPLE = `${KUBERNETES}/example`;
const PARTS = ["collector", "prometheus", "tempo", "grafana"];

const deployments = PARTS.map((name) => {
  const documents = parseYaml(read(`${EXAMPLE}/${name}/${name}.yaml`), name);
  return {
    name,
    pod: objectOf(documents, "Deployment", name).spec.template.spec,
    service: objectOf(documents, "Service", name),
  };
});

for (const { name, pod } of deployments) {
  Deno.test(`example: ${name} has no more rights than it needs`, () => {
    assert.equal(pod.containers.length, 1);
    const [{ securityContext, resources, image }] = pod.containers;
    const { runAsUser, ...rest } = securityContext;
    assert.deepEqual(rest, {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    assert.ok(runAsUser > 0);
    assert.ok(resources.limits.memory && resources.requests.cpu);
    assert.match(image, /^[a-z]+\/[a-z-]+:v?\d+\.\d+\.\d+@sha256:[0-9a-f]{64}$/);
    // Only Prometheus asks Kubernetes anything.
    assert.equal(pod.automountServiceAccountToken, name === "prometheus" ? undefined : false);
    assert.equal(pod.serviceAccountName, name === "prometheus" ? "prometheus" : undefined);
  });
}

Deno.test("example: Prometheus may look at Pods, and at nothing else", () => {
  const documents = parseYaml(read(`${EXAMPLE}/prometheus/prometheus.yaml`), "prometheus");
  assert.deepEqual(objectOf(documents, "Role", "prometheus").rules, [
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
  ]);
  const binding = objectOf(documents, "RoleBinding", "prometheus");
  assert.equal(binding.roleRef.name, "prometheus");
  assert.deepEqual(binding.subjects, [{ kind: "ServiceAccount", name: "prometheus" }]);
});

Deno.test("example: whoever is called by name is there, on that port", () => {
  const ports = new Map<string, number[]>(
    deployments.map(({ name, pod, service }) => {
      const named = new Map(
        pod.containers[0].ports.map(({ name, containerPort }: Yaml) => [name, containerPort]),
      );
      for (const { port, targetPort } of service.spec.ports) assert.equal(named.get(targetPort), port, name);
      assert.deepEqual(service.spec.selector, { "app.kubernetes.io/name": name });
      return [name, service.spec.ports.map(({ port }: Yaml) => port)];
    }),
  );
  const bunny = readManifest(`${EXAMPLE}/bunny_service.yaml`);
  ports.set("bunny", bunny.spec.ports.map(({ port }: Yaml) => port));
  const files = ["bunny_environment.yaml", "collector/config.yaml", "grafana/datasources.yaml"];
  const called = files.flatMap((
    file,
  ) => [...read(`${EXAMPLE}/${file}`).matchAll(/http:\/\/([a-z]+):(\d+)/g)]);
  assert.ok(called.length >= 6);
  for (const [url, host, port] of called) assert.ok(ports.get(host)?.includes(Number(port)), url);
});

Deno.test("example: the Collector's pipelines are made of parts that are there", () => {
  const config = readManifest(`${EXAMPLE}/collector/config.yaml`);
  const used = new Set<string>(config.service.extensions.map((name: string) => `extensions/${name}`));
  for (const pipeline of Object.values<Yaml>(config.service.pipelines)) {
    for (const [kind, names] of Object.entries<string[]>(pipeline)) {
      for (const name of names) used.add(`${kind}/${name}`);
    }
    assert.equal(pipeline.processors[0], "memory_limiter", "it has to come first to protect");
  }
  const defined = ["receivers", "processors", "exporters", "extensions"].flatMap((kind) =>
    Object.keys(config[kind]).map((name) => `${kind}/${name}`)
  );
  assert.deepEqual([...used].sort(), defined.sort());
});

Deno.test("example: Bunny does as in the base, and pushes what it finds", async () => {
  const [base, example] = ["base", "example"].map((folder) =>
    readManifest(`${KUBERNETES}/${folder}/bunny.yaml`)
  );
  const { openTelemetry, ...telemetry } = example.telemetry;
  assert.deepEqual({ ...example, telemetry }, {
    ...base,
    telemetry: { prometheus: base.telemetry.prometheus },
  });
  assert.deepEqual(openTelemetry.exporters, ["otlpmetrichttp", "otlptracehttp"]);
  await configOf(`${EXAMPLE}/bunny.yaml`);
});

Deno.test("example: Prometheus scrapes both of Bunny's pages, and only Bunny's port", async () => {
  const { openTelemetryMetricsPath, prometheusMetricsPath } =
    (await configOf(`${EXAMPLE}/bunny.yaml`)).ingress;
  const { scrape_configs: jobs } = readManifest(`${EXAMPLE}/prometheus/prometheus.yml`);
  assert.deepEqual(
    jobs.map(({ metrics_path }: Yaml) => metrics_path.replace(/^\//, "")),
    [openTelemetryMetricsPath, prometheusMetricsPath].map((path) => path.replace(/^\//, "")),
  );
  for (const { relabel_configs: [keep] } of jobs) {
    assert.deepEqual([keep.action, keep.regex], ["keep", "bunny"]);
  }
});

Deno.test({
  name: "example: promtool accepts Prometheus' configuration",
  ignore: !await canRun("promtool", "--version"),
  fn: async () => {
    const { otlp, ...config } = readManifest(`${EXAMPLE}/prometheus/prometheus.yml`);
    assert.ok(otlp, "older ones don't know this");
    for (const job of config.scrape_configs) { // nor are all of them built to ask Kubernetes
      assert.deepEqual(job.kubernetes_sd_configs, [{ role: "pod", namespaces: { own_namespace: true } }]);
      delete job.kubernetes_sd_configs;
      job.static_configs = [{ targets: ["localhost:1"] }];
    }
    using dir = tempDir();
    const path = dir.write("prometheus.yml", JSON.stringify(config)); // JSON is YAML
    const { success, stderr } = await new Deno.Command("promtool", { args: ["check", "config", path] })
      .output();
    assert.ok(success, new TextDecoder().decode(stderr));
  },
});

Deno.test("example: nothing secret stands in it", () => {
  const texts = deployments.map(({ name }) => read(`${EXAMPLE}/${name}/${name}.yaml`));
  for (const text of texts) assert.doesNotMatch(text, /kind: Secret|password: |PASSWORD|token: /);
  const [{ env }] = deployments.find(({ name }) => name === "grafana")!.pod.containers;
  const set = Object.fromEntries(env.map(({ name, value }: Yaml) => [name, value]));
  assert.deepEqual(
    [
      set.GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION,
      set.GF_AUTH_BASIC_ENABLED,
      set.GF_AUTH_ANONYMOUS_ORG_ROLE,
    ],
    ["true", "false", "Editor"],
  );
});

Deno.test({ name: "example: kustomize renders it whole", ignore: !await kubectlInstalled() }, async () => {
  const documents = await render(`${ROOT}${EXAMPLE}`);
  const namespaces = new Set(
    documents.filter(({ kind }) => kind !== "Namespace").map(({ metadata }) => metadata.namespace),
  );
  assert.deepEqual(namespaces, new Set(["bunny-example"]));
  const names = documents.filter(({ kind }) => kind === "Deployment").map(({ metadata }) => metadata.name);
  assert.deepEqual(names.sort(), ["bee", ...PARTS].sort());

  // Every configuration that a Pod mounts is there, under the name that kustomize gave it.
  const configMaps = new Map(
    documents.filter(({ kind }) => kind === "ConfigMap").map(({ metadata, data }) => [metadata.name, data]),
  );
  const mounted = documents.filter(({ kind }) => kind === "Deployment")
    .flatMap(({ spec }) => spec.template.spec.volumes)
    .filter(({ configMap }) => configMap !== undefined);
  assert.deepEqual(new Set(mounted.map(({ configMap }) => configMap.name)), new Set(configMaps.keys()));
  for (const { configMap } of mounted) {
    for (const { key } of configMap.items ?? []) assert.ok(configMaps.get(configMap.name)[key], key);
  }

  const [bunny] = objectOf(documents, "Deployment", "bee").spec.template.spec.initContainers;
  const env = new Map<string, Yaml>(
    bunny.env.map((variable: Yaml, at: number) => [variable.name, { ...variable, at }]),
  );
  assert.equal(env.get("OTEL_EXPORTER_OTLP_ENDPOINT").value, "http://collector:4318");
  // Kubernetes fills in only what was defined above.
  for (const name of ["POD_NAME", "POD_NAMESPACE", "NODE_NAME"]) {
    assert.ok(env.get(name).at < env.get("OTEL_RESOURCE_ATTRIBUTES").at, name);
  }
});
