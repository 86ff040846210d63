/**
 * `deno task sbom [--output FILE]`: writes what the executable is made of as CycloneDX 1.6 (JSON), default
 * dist/bunny.cdx.json. Packages are those that src/main.ts reaches, with the checksums of deno.lock, and the Deno that
 * compiles. The same sources always give the same bytes.
 */
import { parseArgs } from "node:util";
import { VERSION } from "../src/model/version.ts";

/** The part of `deno info --json` that is read here. */
export interface ModuleGraph {
  readonly modules: readonly { readonly npmPackage?: string }[];
  /** By the names that `npmPackage` and `dependencies` use. */
  readonly npmPackages: Readonly<
    Record<
      string,
      { readonly name: string; readonly version: string; readonly dependencies: readonly string[] }
    >
  >;
}

/** The part of deno.lock that is read here; keys as in ModuleGraph. */
export interface Lock {
  readonly npm: Readonly<Record<string, { readonly integrity: string }>>;
}

interface Component {
  readonly type: "library" | "platform" | "application";
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: "SHA-512"; readonly content: string }[];
}

export interface Bom {
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly version: 1;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** The bill of materials (CycloneDX 1.6 specification). @throws when the lock lacks a package that is used */
export function billOfMaterials(graph: ModuleGraph, lock: Lock, denoVersion: string): Bom {
  const direct = [...new Set(graph.modules.flatMap(({ npmPackage }) => npmPackage ?? []))];
  const keys = reachable(direct, graph).sort();
  const refs = new Map(keys.map((key) => [key, purlOf(graph.npmPackages[key])]));
  const refsOf = (keys: readonly string[]) => [...new Set(keys.map((key) => refs.get(key)!))].sort();
  const self: Component = {
    type: "application",
    "bom-ref": `bunny@${VERSION}`,
    name: "bunny",
    version: VERSION,
    purl: `pkg:generic/bunny@${VERSION}`,
  };
  const deno: Component = {
    type: "platform",
    "bom-ref": `pkg:generic/deno@${denoVersion}`,
    name: "deno",
    version: denoVersion,
    purl: `pkg:generic/deno@${denoVersion}`,
  };
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: self },
    components: [
      deno,
      ...keys.map((key): Component => {
        const { name, version } = graph.npmPackages[key];
        const purl = refs.get(key)!;
        return { type: "library", "bom-ref": purl, name, version, purl, hashes: [hashOf(key, lock)] };
      }),
    ],
    dependencies: [
      { ref: self["bom-ref"], dependsOn: [deno["bom-ref"], ...refsOf(direct)] },
      ...keys.map((key) => ({ ref: refs.get(key)!, dependsOn: refsOf(graph.npmPackages[key].dependencies) })),
    ],
  };
}

/** The packages and all that they depend on. */
function reachable(direct: readonly string[], graph: ModuleGraph): string[] {
  const found = new Set(direct);
  for (const key of found) { // grows while it is walked
    for (const dependency of graph.npmPackages[key].dependencies) found.add(dependency);
  }
  return [...found];
}

/** A scope's "@" is percent-encoded, its slash is not (package URL specification, npm). */
function purlOf({ name, version }: { name: string; version: string }): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** The lock has base64, the format wants hexadecimal digits. */
function hashOf(key: string, lock: Lock): { alg: "SHA-512"; content: string } {
  const integrity = /^sha512-(.+)$/.exec(lock.npm[key]?.integrity ?? "");
  if (!integrity) throw new Error(`deno.lock has no SHA-512 of ${key}`);
  return { alg: "SHA-512", content: Uint8Array.fromBase64(integrity[1]).toHex() };
}

/** What `deno info` finds out about the modules that src/main.ts reaches. */
export async function readModuleGraph(root: URL): Promise<ModuleGraph> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "src/main.ts"],
    cwd: root,
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`deno info: ${decoder.decode(stderr)}`);
  return JSON.parse(decoder.decode(stdout));
}

export async function readLock(root: URL): Promise<Lock> {
  return JSON.parse(await Deno.readTextFile(new URL("deno.lock", root)));
}

if (import.meta.main) {
  const { values: { output } } = parseArgs({
    args: Deno.args,
    options: { output: { type: "string", short: "o", default: "dist/bunny.cdx.json" } },
  });
  const root = new URL("../", import.meta.url);
  const bom = billOfMaterials(await readModuleGraph(root), await readLock(root), Deno.version.deno);
  await Deno.mkdir("dist", { recursive: true });
  await Deno.writeTextFile(output, JSON.stringify(bom, null, 2) + "\n");
  console.log(`${output}: ${bom.components.length} components`);
}
