import assert from "node:assert/strict";
import { asciiOnly, permissionNotes } from "../../deploy/build.ts";

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
