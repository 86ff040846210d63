import assert from "node:assert/strict";
import { lateness } from "./subject.ts";
import type { Watched } from "./watch.ts";

function watched(p99Ms: number, ownP99Ms = 1): Watched {
  return { answers: 100, unanswered: 0, otherThan200: 0, p50Ms: 1, p99Ms, maxMs: 100, ownP99Ms };
}

for (
  const { name, attacked, bare = 1, calm = 1, want } of [
    { name: "five milliseconds are no flaw", attacked: watched(5), want: undefined },
    { name: "more is one", attacked: watched(5.1), want: /was 5.1 ms under attack, 1.0 ms before/ },
    { name: "not where a bare server is as late", attacked: watched(9), bare: 3, want: undefined },
    { name: "nor where calm has been so", attacked: watched(9), calm: 4.5, want: undefined },
    {
      name: "the own time has no such excuse",
      attacked: watched(9, 5.1),
      bare: 9,
      calm: 9,
      want: /5.1 ms .*left out/,
    },
  ]
) {
  Deno.test(`verdicts under attack: ${name}`, () => {
    const flaw = lateness(attacked, watched(bare), watched(calm));
    if (want) assert.match(flaw ?? "none", want);
    else assert.equal(flaw, want);
  });
}
