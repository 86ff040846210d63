/** Has little read ahead, releases its own pages after it has given up loading libraries, and says what came of it. */
import { SystemClock } from "../../src/base/clock.ts";
import { UnusedPages } from "../../src/supervisor/unused_pages.ts";

using pages = UnusedPages.open();
if (!pages) throw new Error("nothing to release pages with");
using smaps = Deno.openSync("/proc/self/smaps");
const executable = Deno.readLinkSync("/proc/self/exe");
const [mappingsBefore] = ofExecutable();
await Deno.permissions.revoke({ name: "ffi" });
await pages.find(new SystemClock());
pages.readSparingly(Deno.osRelease());
const [mappings, readAlone] = ofExecutable();
const beforeBytes = Deno.memoryUsage().rss;
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
  smaps.seekSync(0, Deno.SeekMode.Start);
  const bytes = new Uint8Array(64 * 1024);
  let text = "";
  for (let count = smaps.readSync(bytes); count !== null; count = smaps.readSync(bytes)) {
    text += new TextDecoder().decode(bytes.subarray(0, count));
  }
  const [, ...mappings] = text.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const own = mappings.filter((mapping) => mapping.split("\n")[0].endsWith(` ${executable}`));
  return [own.length, own.filter((mapping) => /^VmFlags:.* rr( |$)/m.test(mapping)).length];
}
