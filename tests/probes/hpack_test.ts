import assert from "node:assert/strict";
import { encodeHeaders, type Header, HpackDecoder } from "../../src/probes/http2/hpack.ts";
import { HpackDecoder as OtherDecoder } from "../support/http2/hpack.ts";
import { assertOutcome, http, probeOnce, regex } from "./harness.ts";

function hex(text: string): Uint8Array {
  return new Uint8Array(text.replaceAll(/\s/g, "").match(/../g)!.map((pair) => parseInt(pair, 16)));
}

/** RFC 7541, appendix C: blocks of one connection, in order, and what they say. */
const EXAMPLES: readonly {
  readonly name: string;
  readonly blocks: readonly (readonly [string, Header[]])[];
}[] = [
  {
    name: "C.2: a literal that goes into the table, one that doesn't, one that never must, an index",
    blocks: [
      ["400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", [["custom-key", "custom-header"]]],
      ["040c 2f73 616d 706c 652f 7061 7468", [[":path", "/sample/path"]]],
      ["1008 7061 7373 776f 7264 0673 6563 7265 74", [["password", "secret"]]],
      ["82", [[":method", "GET"]]],
      ["be", [["custom-key", "custom-header"]]],
    ],
  },
  {
    name: "C.4: requests in Huffman code, with a table that grows",
    blocks: [
      [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        [[":method", "GET"], [":scheme", "http"], [":path", "/"], [":authority", "www.example.com"]],
      ],
      [
        "8286 84be 5886 a8eb 1064 9cbf",
        [
          [":method", "GET"],
          [":scheme", "http"],
          [":path", "/"],
          [":authority", "www.example.com"],
          ["cache-control", "no-cache"],
        ],
      ],
      [
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
        [
          [":method", "GET"],
          [":scheme", "https"],
          [":path", "/index.html"],
          [":authority", "www.example.com"],
          ["custom-key", "custom-value"],
        ],
      ],
    ],
  },
];

for (const { name, blocks } of EXAMPLES) {
  Deno.test(`HPACK, RFC 7541 ${name}`, () => {
    const decoder = new HpackDecoder();
    for (const [block, want] of blocks) assert.deepEqual(decoder.decode(hex(block)), want);
  });
}

Deno.test("HPACK forgets the oldest entries when its table is full, and all of them when told so", () => {
  const decoder = new HpackDecoder();
  const literal = (name: string, length: number) =>
    new Uint8Array([
      0x40,
      1,
      name.charCodeAt(0),
      0x7f,
      ...varint(length - 127),
      ...new Uint8Array(length).fill(0x61),
    ]);
  for (const name of ["x", "y", "z"]) assert(decoder.decode(literal(name, 1_500)));
  assert.equal(decoder.decode(hex("be"))?.[0][0], "z");
  assert.equal(decoder.decode(hex("bf"))?.[0][0], "y");
  assert.equal(decoder.decode(hex("c0")), undefined, "x had to go");
  assert.deepEqual(decoder.decode(hex("20")), []);
  assert.equal(decoder.decode(hex("be")), undefined);
});

Deno.test("HPACK literals of any length come out of another decoder as they went in", () => {
  const headers: Header[] = [0, 1, 126, 127, 128, 254, 255, 16_383, 70_000].map((
    length,
  ) => ["x-a", "é".repeat(length)]);
  assert.deepEqual(new OtherDecoder().decode(encodeHeaders(headers)), headers);
  assert.deepEqual(new HpackDecoder().decode(encodeHeaders(headers.slice(0, -1))), headers.slice(0, -1));
});

Deno.test("http probe over h2c understands a server that packs its headers", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) =>
      new Response(`${request.method} ${new URL(request.url).pathname} ${request.headers.get("x-who")}`, {
        headers: { "x-answer": "Ready! (42%) ~#[]{}", "content-type": "text/plain" },
      }),
  );
  const action = http({
    port: server.addr.port,
    protocol: "h2c",
    path: "/healthz",
    headers: [{ name: "X-Who", value: "bunny" }],
    expectedHeaders: {
      "x-answer": regex("^Ready! \\(42%\\) ~#\\[\\]{}$"),
      "content-type": regex("^text/plain$"),
    },
    body: { matches: regex("^GET /healthz bunny$"), notMatches: undefined },
  });
  try {
    assertOutcome(await probeOnce(action), "pass");
  } finally {
    await server.shutdown();
  }
});

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [value & 0x7f | 0x80, ...varint(value >> 7)];
}
