import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { type Config, formatProblem, readConfigFile } from "../../src/config/mod.ts";

/** The repository's folder, with a slash at its end. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const KUBERNETES = "deploy/kubernetes";

// deno-lint-ignore no-explicit-any
export type Yaml = any; // manifests are looked into, not modelled

/** Text of a file of the repository. */
export function read(path: string): string {
  return Deno.readTextFileSync(`${ROOT}${path}`);
}

/** All documents of a YAML text, strictly: no warnings, no key twice. */
export function parseYaml(text: string, name: string): Yaml[] {
  return parseAllDocuments(text, { strict: true, uniqueKeys: true }).map((document) => {
    assert.deepEqual([...document.errors, ...document.warnings].map((problem) => problem.message), [], name);
    return document.toJS();
  });
}

/** The one document of a file of the repository. */
export function readManifest(path: string): Yaml {
  const documents = parseYaml(read(path), path);
  assert.equal(documents.length, 1, path);
  return documents[0];
}

export function* yamlFiles(folder: string): Generator<string, void, void> {
  for (const entry of Deno.readDirSync(`${ROOT}${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* yamlFiles(path);
    else if (/\.ya?ml$/.test(entry.name)) yield path;
  }
}

/** A configuration of Bunny's that must be good, without warnings. */
export async function configOf(path: string): Promise<Config> {
  const reading = await readConfigFile(`${ROOT}${path}`);
  if (reading.kind === "problems") assert.fail(reading.problems.map(formatProblem).join("\n"));
  assert.deepEqual(reading.warnings, []);
  return reading.config;
}

/** Whether a program is installed and runs. */
export async function canRun(program: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

/** Whether kustomizations can be rendered here. */
export function kubectlInstalled(): Promise<boolean> {
  return canRun("kubectl", "version", "--client");
}

/** What `kubectl apply --kustomize` would apply; an absolute folder. */
export async function render(folder: string): Promise<Yaml[]> {
  const { success, stdout, stderr } = await new Deno.Command("kubectl", { args: ["kustomize", folder] })
    .output();
  const decoder = new TextDecoder();
  assert.ok(success, decoder.decode(stderr));
  return parseYaml(decoder.decode(stdout), folder);
}

/** The one object of a kind and name among rendered ones. */
export function objectOf(documents: readonly Yaml[], kind: string, name: string): Yaml {
  const found = documents.filter((document) => document.kind === kind && document.metadata.name === name);
  assert.equal(found.length, 1, `${kind} ${name}`);
  return found[0];
}
