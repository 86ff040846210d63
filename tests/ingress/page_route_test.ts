import assert from "node:assert/strict";
import type { Answer, Request } from "../../src/ingress/answer.ts";
import { Share } from "../../src/ingress/api/share.ts";
import { pageRoute } from "../../src/ingress/page_route.ts";
import { Turns } from "../../src/query/mod.ts";
import { SetClock } from "../support/set_clock.ts";

/** A page that says how many had been made, and takes so long to be made. */
function begin(costMs: number) {
  const clock = new SetClock();
  const made: string[] = [];
  const { handle } = pageRoute((accept) => {
    clock.nowMs += costMs;
    made.push(accept);
    return { contentType: `type of ${accept}`, body: `page ${made.length}` };
  }, new Share(new Turns(), clock));
  const answer = (accept = "text") => handle({ header: () => accept } as unknown as Request);
  return { clock, made, answer };
}

const bodyOf = ({ body }: Answer) => new TextDecoder().decode(body as Uint8Array);

Deno.test("pages are bytes, each made anew as long as that takes little of the time", async () => {
  const { clock, answer } = begin(0.9);
  for (let i = 1; i <= 100; i++) {
    assert.deepEqual(await answer(), {
      status: 200,
      contentType: "type of text",
      body: new TextEncoder().encode(`page ${i}`),
    });
    clock.nowMs += 9.1;
  }
});

Deno.test("who asks a second time gets a page made anew, however long that takes", async () => {
  const { answer } = begin(40);
  assert.equal(bodyOf(await answer()), "page 1");
  assert.equal(bodyOf(await answer()), "page 2");
  assert.equal(bodyOf(await answer()), "page 2");
});

Deno.test("where making pages takes more than a tenth of the time, the last is answered again, until that time is up", async () => {
  const { clock, made, answer } = begin(4);
  const bodies = async (count: number) => {
    const answers: string[] = [];
    for (let i = 0; i < count; i++) answers.push(bodyOf(await answer()));
    return answers;
  };
  assert.deepEqual(await bodies(5), ["page 1", "page 2", "page 3", "page 3", "page 3"]);
  clock.nowMs = 99;
  assert.deepEqual(await bodies(2), ["page 3", "page 3"]);
  clock.nowMs = 100;
  assert.deepEqual(await bodies(4), ["page 4", "page 5", "page 6", "page 6"]);
  assert.equal(made.length, 6);
});

Deno.test("who accepts something else gets a page of its own", async () => {
  const { answer } = begin(6);
  const texts: string[] = [];
  for (const accept of ["a", "a", "a", "b", "b"]) {
    const page = await answer(accept);
    texts.push(`${page.contentType}: ${bodyOf(page)}`);
  }
  assert.deepEqual(texts, [
    "type of a: page 1",
    "type of a: page 2",
    "type of a: page 2",
    "type of b: page 3",
    "type of b: page 3",
  ]);
});

Deno.test("sending a page uses up nobody else's", async () => {
  const { answer } = begin(6);
  for (let i = 0; i < 4; i++) {
    const { body } = await answer();
    assert.match(bodyOf({ status: 200, contentType: "", body }), /^page \d$/);
    (body as Uint8Array<ArrayBuffer>).buffer.transfer(0);
  }
});

Deno.test("who waits for a turn gets what was made meanwhile", async () => {
  const { made, answer } = begin(6);
  const pages = await Promise.all(Array.from({ length: 10 }, () => answer()));
  assert.deepEqual(pages.map(bodyOf).slice(2), new Array(8).fill("page 2"));
  assert.equal(made.length, 2);
});
