import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { asciiOnly, permissionNotes } from "../../deploy/build.ts";
import { TARGETS } from "../../deploy/runtime.ts";

const BUILD = fileURLToPath(new URL("../../deploy/build.ts", import.meta.url));

const scripts: { name: string; script: string }[] = [
  { name: "a string", script: "'µ → ß'" },
  { name: "a character of two units", script: "'🐇' + `🐇`" },
  { name: "a template", script: "`${1}µ`" },
  { name: "regular expressions", script: "'aμb🐇'.replace(/μ/, '-').replace(/🐇/u, '+')" },
  { name: "a class of characters", script: "'μ🐇'.match(/[μ🐇]+/u)[0]" },
  { name: "a name", script: "(() => { const größe = 2; return größe; })()" },
];
for (const { name, script } of scripts) {
  Deno.test(`build: ${name} means the same in ASCII`, () => {
    const ascii = asciiOnly(script);
    assert.match(ascii, /^[\x20-\x7e]+$/);
    assert.equal(new Function(`return ${ascii}`)(), new Function(`return ${script}`)());
  });
}

const permissions: { name: string; permissions: string[]; want: RegExp[] }[] = [
  { name: "all", permissions: [], want: [] },
  { name: "all, said", permissions: ["--allow-all"], want: [] },
  { name: "no programs", permissions: ["--allow-net"], want: [/can't watch a process/] },
  {
    name: "one program",
    permissions: ["--allow-net", "--allow-run=/bin/true"],
    want: [/can't watch a process/, /no process group.*Add \/bin\/kill/],
  },
  {
    name: "one program and what ends it",
    permissions: ["--allow-run=/bin/true,/usr/bin/kill"],
    want: [/can't watch a process/],
  },
  { name: "any program", permissions: ["--allow-run"], want: [/can't watch a process/] },
];
for (const { name, permissions: given, want } of permissions) {
  Deno.test(`build: says what permissions take away: ${name}`, () => {
    const notes = permissionNotes(given);
    assert.equal(notes.length, want.length, notes.join("\n"));
    want.forEach((pattern, i) => assert.match(notes[i], pattern));
  });
}

const refused: { name: string; args: string[]; env: Record<string, string>; want: RegExp }[] = [
  { name: "a target that there is not", args: ["--target", "sparc"], env: {}, want: /no such target: sparc/ },
  {
    name: "a runtime that is not there",
    args: [],
    env: { DENORT_BIN: "/nowhere/denort" },
    want: /DENORT_BIN: .*nowhere/,
  },
  {
    name: "Deno as its own runtime",
    args: [],
    env: { DENORT_BIN: Deno.execPath() },
    want: /DENORT_BIN: .* is Deno itself/,
  },
  {
    name: "this machine's runtime for another",
    args: ["--target", TARGETS.find((target) => target !== Deno.build.target)!],
    env: { DENORT_BIN: Deno.execPath() },
    want: new RegExp(`DENORT_BIN: .* is for ${Deno.build.target}, not for `),
  },
  {
    name: "a compiler that is not there",
    args: [],
    env: { DENO: "/nowhere/deno", DENORT_BIN: Deno.execPath() },
    want: /DENO: .*nowhere/,
  },
  {
    name: "a compiler that is something else",
    args: [],
    env: { DENO: "/bin/true", DENORT_BIN: Deno.execPath() },
    want: /DENO: \/bin\/true is no Deno/,
  },
];
for (const { name, args, env, want } of refused) {
  Deno.test(`build: refuses ${name}, before it writes anything`, async () => {
    const dir = await Deno.makeTempDir();
    try {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--allow-all", "--no-check", BUILD, ...args],
        cwd: dir,
        env: { NO_COLOR: "1", DENO: "", DENORT_BIN: "", ...env },
      }).output();
      assert.match(new TextDecoder().decode(stderr), want);
      assert.equal(code, 1);
      assert.deepEqual([...Deno.readDirSync(dir)], []);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}
