import assert from "node:assert/strict";
import { relative } from "node:path";
import { tempDir } from "../support/temp_dir.ts";
import { schemaComplaints } from "./kubernetes_schema.ts";
import {
  kubectlInstalled,
  KUBERNETES,
  parseYaml,
  read,
  readManifest,
  render,
  ROOT,
  type Yaml,
  yamlFiles,
} from "./manifests.ts";

/** Objects as they stand in our files: without patches, kustomizations and what only programs in the Pods read. */
const OBJECTS = [...yamlFiles(KUBERNETES)].flatMap((path) =>
  parseYaml(read(path), path)
    .filter((document) => document?.kind && !document.apiVersion.startsWith("kustomize."))
    .map((document) => ({ path, document }))
).filter(({ path }) => !path.endsWith("bunny_environment.yaml"));

Deno.test("manifests: there are some of each folder", () => {
  const folders = new Set(OBJECTS.map(({ path }) => path.split("/")[2]));
  assert.deepEqual(folders, new Set(["base", "components", "example"]));
});

for (const { path, document } of OBJECTS) {
  Deno.test(`manifests: ${document.kind} ${document.metadata.name} of ${path} fits its schema`, async () => {
    assert.deepEqual(await schemaComplaints(document), []);
  });
}

const kubectl = await kubectlInstalled();

for (const folder of ["base", "original-shape", "example"]) {
  Deno.test({ name: `manifests: what ${folder} renders fits the schemas`, ignore: !kubectl }, async () => {
    await assertFit(await render(`${ROOT}${KUBERNETES}/${folder}`));
  });
}

for (const component of ["podmonitor", "networkpolicy"]) {
  Deno.test({ name: `manifests: what ${component} renders fits the schemas`, ignore: !kubectl }, async () => {
    using dir = tempDir();
    const path = (folder: string) => relative(Deno.realPathSync(dir.path), `${ROOT}${KUBERNETES}/${folder}`);
    dir.write(
      "kustomization.yaml",
      JSON.stringify({ resources: [path("base")], components: [path(`components/${component}`)] }),
    );
    const documents = await render(dir.path);
    assert.equal(documents.length, 5);
    await assertFit(documents);
  });
}

async function assertFit(documents: readonly Yaml[]): Promise<void> {
  assert.ok(documents.length >= 4);
  for (const document of documents) {
    assert.deepEqual([document.kind, await schemaComplaints(document)], [document.kind, []]);
  }
}

/** Mistakes that must not pass, or the tests above show nothing. */
const MISTAKES: readonly { name: string; make(deployment: Yaml): void; complaint: RegExp }[] = [
  {
    name: "a required field left out",
    make: ({ spec }) => delete spec.selector,
    complaint: /^\/spec: must have required property selector$/,
  },
  {
    name: "a word for a number",
    make: ({ spec }) => spec.template.spec.containers[0].readinessProbe.periodSeconds = "often",
    complaint: /^\/spec\/template\/spec\/containers\/0\/readinessProbe\/periodSeconds: must be integer$/,
  },
  {
    name: "a misspelt field, deep down",
    make: ({ spec }) => spec.template.spec.initContainers[0].securityContext.readOnlyRootFileSystem = true,
    complaint:
      /^\/spec\/template\/spec\/initContainers\/0\/securityContext\/readOnlyRootFileSystem: unknown field$/,
  },
  {
    name: "a field in the wrong place",
    make: ({ spec }) => spec.restartPolicy = "Always",
    complaint: /^\/spec\/restartPolicy: unknown field$/,
  },
  {
    name: "a volume of a kind that is none",
    make: ({ spec }) => spec.template.spec.volumes.push({ name: "x", emptydir: {} }),
    complaint: /^\/spec\/template\/spec\/volumes\/\d+\/emptydir: unknown field$/,
  },
];

for (const { name, make, complaint } of MISTAKES) {
  Deno.test(`manifests: ${name} is noticed`, async () => {
    const deployment = readManifest(`${KUBERNETES}/base/deployment.yaml`);
    make(deployment);
    const complaints = await schemaComplaints(deployment);
    assert.equal(complaints.length, 1, complaints.join("\n"));
    assert.match(complaints[0], complaint);
  });
}
