/** Has little read ahead, releases its own pages after it has given up loading libraries, and says what came of it. */
import { UnusedPages } from "../../src/supervisor/unused_pages.ts";

using pages = UnusedPages.open(await UnusedPages.find());
if (!pages) throw new Error("nothing to release pages with");
const [mappingsBefore] = ofExecutable();
pages.readSparingly(Deno.osRelease());
const [mappings, readAlone] = ofExecutable();
const beforeBytes = Deno.memoryUsage().rss;
await Deno.permissions.revoke({ name: "ffi" });
pages.release();
const afterBytes = Deno.memoryUsage().rss;
let loading = "";
try {
  Deno.dlopen("libc.so.6", {});
} catch (error) {
  loading = String(error);
}
// Touches compilers, the collector and the library again.
const works = Array.from({ length: 1_000 }, (_, i) => i + 1).reduce((a, b) => a + b);
console.log(
  JSON.stringify({ beforeBytes, afterBytes, works, loading, mappingsBefore, mappings, readAlone }),
);

/** @returns mappings of this executable, and how many of them are read page by page */
function ofExecutable(): [mappings: number, readAlone: number] {
  const file = Deno.readLinkSync("/proc/self/exe");
  const [, ...mappings] = Deno.readTextFileSync("/proc/self/smaps").split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const own = mappings.filter((mapping) => mapping.split("\n")[0].endsWith(` ${file}`));
  return [own.length, own.filter((mapping) => /^VmFlags:.* rr( |$)/m.test(mapping)).length];
}
