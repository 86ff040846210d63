/**
 * Whether a file is the runtime (`denort`) that an executable for a target can be made from. `deno compile` takes
 * $DENORT_BIN as it is, for any target and of any version, and what comes of a wrong one fails only where it is meant to
 * run; so this looks first.
 */

import { Buffer } from "node:buffer";

/** What an executable can be built for, in the names that `deno compile` uses. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
] as const;

export type Target = typeof TARGETS[number];

/** Machine numbers of the formats' own documents. */
const ELF_MACHINES: Readonly<Record<number, Target>> = {
  62: "x86_64-unknown-linux-gnu",
  183: "aarch64-unknown-linux-gnu",
};
const MACH_O_CPUS: Readonly<Record<number, Target>> = {
  0x0100_0007: "x86_64-apple-darwin",
  0x0100_000c: "aarch64-apple-darwin",
};
const PE_MACHINES: Readonly<Record<number, Target>> = { 0x8664: "x86_64-pc-windows-msvc" };

const ELF_64_BIT_LITTLE_ENDIAN = 0x7f45_4c46_0201n;
const MACH_O_64_BIT_LITTLE_ENDIAN = 0xcffa_edfe;
const DOS = 0x4d5a;
const PE = 0x5045_0000;

/**
 * The target that an executable is for, by its header; undefined: none of ours.
 *
 *     ELF     │ 7f "ELF" │ 2: 64 bits │ 1: LE │ … 12 bytes │ machine <2b, LE> │
 *     Mach-O  │ cf fa ed fe │ CPU <4b, LE> │
 *     PE      │ "MZ" │ … to byte 60 │ where PE begins <4b, LE> │ … │ "PE" 0 0 │ machine <2b, LE> │
 */
export function targetOf(file: Uint8Array): Target | undefined {
  if (file.length < 64) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getBigUint64(0) >> 16n === ELF_64_BIT_LITTLE_ENDIAN) return ELF_MACHINES[view.getUint16(18, true)];
  if (view.getUint32(0) === MACH_O_64_BIT_LITTLE_ENDIAN) return MACH_O_CPUS[view.getUint32(4, true)];
  if (view.getUint16(0) !== DOS) return undefined;
  const at = view.getUint32(60, true);
  if (at + 6 > file.length || view.getUint32(at) !== PE) return undefined;
  return PE_MACHINES[view.getUint16(at + 4, true)];
}

/**
 * Why a file can't be the runtime for a target and a compiler's version; undefined: it can. Besides the header it looks
 * for three texts: the version, which every runtime tells its programs; the name of the variable that only a compiler
 * reads; and the beginning of a program, which the runtime of something compiled before would run instead of ours.
 */
export function whyNotRuntime(file: Uint8Array, target: string, version: string): string | undefined {
  const found = targetOf(file);
  if (found === undefined) return "is no executable for a target that there is";
  if (found !== target) return `is for ${found}, not for ${target}`;
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.includes("DENORT_BIN")) return "is Deno itself, not its denort";
  if (carriesProgram(bytes)) return "is a program already, not the bare denort";
  if (!bytes.includes(version)) return `is not of version ${version}, as the compiler is`;
  return undefined;
}

/** Deno's mark, the length of what follows <8b>, and that as JSON. The mark alone stands in every runtime. */
function carriesProgram(bytes: Buffer): boolean {
  const mark = "d3n0l4nd";
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    if (bytes.toString("latin1", at + 16, at + 18) === '{"') return true;
  }
  return false;
}
