import assert from "node:assert/strict";
import { targetOf, TARGETS, whyNotRuntime } from "../../deploy/runtime.ts";

const VERSION = "2.7.11";

/** A file of 64 bytes and more with these bytes at these places. */
function file(places: Record<number, readonly number[] | string>, size = 128): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (const [at, what] of Object.entries(places)) {
    bytes.set(typeof what === "string" ? new TextEncoder().encode(what) : what, Number(at));
  }
  return bytes;
}

const elf = (machine: number) => ({ 0: [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], 16: [3, 0, machine] });
const machO = (cpu: number) => ({ 0: [0xcf, 0xfa, 0xed, 0xfe, cpu, 0, 0, 1] });
const pe = (machine: readonly number[]) => ({ 0: "MZ", 60: [0x40], 64: [0x50, 0x45, 0, 0, ...machine] });

const HEADERS: Readonly<Record<string, Record<number, readonly number[] | string>>> = {
  "x86_64-unknown-linux-gnu": elf(62),
  "aarch64-unknown-linux-gnu": elf(183),
  "x86_64-apple-darwin": machO(0x07),
  "aarch64-apple-darwin": machO(0x0c),
  "x86_64-pc-windows-msvc": pe([0x64, 0x86]),
};

const strangers: { name: string; bytes: Uint8Array<ArrayBuffer> }[] = [
  { name: "an empty file", bytes: new Uint8Array() },
  { name: "a script", bytes: file({ 0: "#!/bin/sh\nexec denort\n" }) },
  { name: "a cut ELF header", bytes: file(elf(62), 63) },
  { name: "ELF of 32 bits", bytes: file({ 0: [0x7f, 0x45, 0x4c, 0x46, 1, 1], 18: [3] }) },
  { name: "ELF for RISC-V", bytes: file(elf(243)) },
  { name: "Mach-O for several CPUs", bytes: file({ 0: [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2] }) },
  { name: "Windows on arm64", bytes: file(pe([0x64, 0xaa])) },
  { name: "a program for DOS", bytes: file({ 0: "MZ", 60: [0x40] }) },
  { name: "a PE header beyond the end", bytes: file({ 0: "MZ", 60: [0xff, 0xff, 0xff, 0xff] }) },
];

Deno.test("a runtime's header tells its target", () => {
  assert.deepEqual(Object.keys(HEADERS), TARGETS);
  for (const target of TARGETS) assert.equal(targetOf(file(HEADERS[target])), target);
});

for (const { name, bytes } of strangers) {
  Deno.test(`a runtime's header: ${name} is for no target`, () => {
    assert.equal(targetOf(bytes), undefined);
    assert.match(whyNotRuntime(bytes, TARGETS[0], VERSION)!, /no executable for a target/);
  });
}

Deno.test("the executable of the Deno that runs this is for this machine, and is not its own runtime", async () => {
  const deno = await Deno.readFile(Deno.execPath());
  assert.equal(targetOf(deno), Deno.build.target);
  assert.match(whyNotRuntime(deno, Deno.build.target, Deno.version.deno)!, /Deno itself/);
});

const runtimes: { name: string; has: Record<number, string>; want: RegExp | undefined }[] = [
  { name: "a bare one is taken", has: { 100: "d3n0l4ndvfs_data", 140: `Deno ${VERSION}` }, want: undefined },
  { name: "one without any version is refused", has: {}, want: /not of version 2\.7\.11/ },
  { name: "one of another version is refused", has: { 140: "2.9.6" }, want: /not of version 2\.7\.11/ },
  { name: "the compiler is refused", has: { 100: "DENORT_BIN", 140: VERSION }, want: /Deno itself/ },
  {
    name: "one that has a program is refused",
    has: { 100: "d3n0l4ndvfs", 140: VERSION, 200: 'd3n0l4nd\x10\0\0\0\0\0\0\0{"argv":[]}' },
    want: /a program already/,
  },
];
for (const target of TARGETS) {
  for (const { name, has, want } of runtimes) {
    Deno.test(`a runtime for ${target}: ${name}`, () => {
      const why = whyNotRuntime(file({ ...HEADERS[target], ...has }, 256), target, VERSION);
      if (want) assert.match(why ?? "nothing", want);
      else assert.equal(why, undefined);
    });
  }

  Deno.test(`a runtime for ${target}: is refused for every other`, () => {
    const runtime = file({ ...HEADERS[target], 100: VERSION });
    for (const other of TARGETS.filter((other) => other !== target)) {
      assert.equal(whyNotRuntime(runtime, other, VERSION), `is for ${target}, not for ${other}`);
    }
  });
}
