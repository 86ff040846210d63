import assert from "node:assert/strict";
import type { Exchange } from "./connection.ts";
import { encodeFrame, FLAG, FRAME, type Frame, FrameReader, HTTP2_ERROR, u32s } from "./frames.ts";
import { encodeHeaders, type Header, HpackDecoder } from "./hpack.ts";
import { Http2Server } from "./server.ts";

const utf8 = new TextEncoder();
const PREFACE = utf8.encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const REQUEST: Header[] = [[":method", "POST"], [":scheme", "http"], [":path", "/p"], [":authority", "x"]];

function fromHex(hex: string): Uint8Array {
  return new Uint8Array((hex.replaceAll(" ", "").match(/../g) ?? []).map((byte) => parseInt(byte, 16)));
}

Deno.test("HPACK reads the request examples of RFC 7541, C.4, one table over all three", () => {
  const decoder = new HpackDecoder();
  const common: Header[] = [[":method", "GET"], [":scheme", "http"], [":path", "/"], [
    ":authority",
    "www.example.com",
  ]];
  assert.deepEqual(decoder.decode(fromHex("828684418cf1e3 c2e5f23a6ba0ab90f4ff")), common);
  assert.deepEqual(decoder.decode(fromHex("828684be5886a8eb10649cbf")), [...common, [
    "cache-control",
    "no-cache",
  ]]);
  assert.deepEqual(decoder.decode(fromHex("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf")), [
    [":method", "GET"],
    [":scheme", "https"],
    [":path", "/index.html"],
    [":authority", "www.example.com"],
    ["custom-key", "custom-value"],
  ]);
});

Deno.test("HPACK forgets the oldest entries of a table made smaller", () => {
  const decoder = new HpackDecoder();
  decoder.decode(fromHex("4001 61 01 31  4001 62 01 32")); // a: 1, b: 2, both kept: 34 bytes each
  assert.deepEqual(decoder.decode(fromHex("be bf")), [["b", "2"], ["a", "1"]]);
  assert.deepEqual(decoder.decode(fromHex("3f09 be")), [["b", "2"]]); // 40 bytes
  assert.throws(() => decoder.decode(fromHex("bf")), RangeError);
});

Deno.test("HPACK reads what it writes", () => {
  const headers: Header[] = [[":status", "200"], ["grpc-message", "ä€"], ["long", "x".repeat(5_000)], [
    "empty",
    "",
  ]];
  assert.deepEqual(new HpackDecoder().decode(encodeHeaders(headers)), headers);
});

for (
  const { name, hex } of [
    { name: "index 0", hex: "80" },
    { name: "an index past the table", hex: "be" },
    { name: "a string cut short", hex: "4001" },
    { name: "an integer without end", hex: "ffffffffffffff" },
    { name: "a table larger than allowed", hex: "3fe2ff03" },
    { name: "a Huffman code with an end-of-string mark", hex: "400161 84ffffffff" },
    { name: "Huffman padding of zeros", hex: "400161 8100" },
  ]
) {
  Deno.test(`HPACK refuses ${name}`, () => {
    assert.throws(() => new HpackDecoder().decode(fromHex(hex)), RangeError);
  });
}

Deno.test("frames come out whole, however they come in", () => {
  const frames: Frame[] = [
    { type: FRAME.ping, flags: 0, streamId: 0, payload: new Uint8Array(8) },
    { type: FRAME.data, flags: FLAG.endStream, streamId: 0x7fff_ffff, payload: utf8.encode("body") },
    { type: 0xff, flags: 0xff, streamId: 3, payload: new Uint8Array(300) },
  ];
  const bytes = frames.flatMap((frame) => [...encodeFrame(frame)]);
  for (const step of [1, 7, bytes.length]) {
    const reader = new FrameReader();
    const read: Frame[] = [];
    for (let at = 0; at < bytes.length; at += step) {
      reader.push(new Uint8Array(bytes.slice(at, at + step)));
      for (let frame; (frame = reader.next());) read.push(frame);
    }
    assert.deepEqual(read, frames);
  }
});

/** A client made of frames. */
class RawClient implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #reader = new FrameReader();

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async connect(port: number, ...opening: Uint8Array[]): Promise<RawClient> {
    const client = new RawClient(await Deno.connect({ hostname: "127.0.0.1", port }));
    for (const bytes of opening) await client.#connection.write(bytes);
    return client;
  }

  async send(type: number, flags: number, streamId: number, payload: Uint8Array): Promise<void> {
    const bytes = encodeFrame({ type, flags, streamId, payload });
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  /** Next frame of a type, passing over others; `undefined` at the end of the connection. */
  async next(type: number): Promise<Frame | undefined> {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const frame = this.#reader.next();
      if (frame?.type === type) return frame;
      if (frame) continue;
      const count = await this.#connection.read(buffer);
      if (count === null) return undefined;
      this.#reader.push(buffer.slice(0, count));
    }
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

function serve(onRequest: (exchange: Exchange) => void): Promise<Http2Server> {
  return Http2Server.listen({ onRequest, maxBodyBytes: 100_000 });
}

Deno.test("a request in many frames, padded and prioritised, is one request", async () => {
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  await using server = await serve(resolve);
  using client = await RawClient.connect(server.port, PREFACE);
  const block = encodeHeaders(REQUEST);
  const flags = FLAG.padded | FLAG.priority;
  await client.send(
    FRAME.headers,
    flags,
    1,
    new Uint8Array([2, 0, 0, 0, 0, 0, ...block.subarray(0, 5), 0, 0]),
  );
  await client.send(FRAME.continuation, 0, 1, block.subarray(5, 9));
  await client.send(FRAME.continuation, FLAG.endHeaders, 1, block.subarray(9));
  await client.send(FRAME.data, FLAG.padded, 1, new Uint8Array([1, ...utf8.encode("bo"), 0]));
  await client.send(FRAME.data, FLAG.endStream, 1, utf8.encode("dy"));
  const { headers, body } = await promise;
  assert.deepEqual(headers, Object.fromEntries(REQUEST));
  assert.equal(new TextDecoder().decode(body), "body");
});

Deno.test("the server answers pings and settings, and gives back the window", async () => {
  await using server = await serve(() => {});
  using client = await RawClient.connect(server.port, PREFACE);
  await client.send(FRAME.settings, 0, 0, new Uint8Array(0));
  assert.equal((await client.next(FRAME.settings))?.flags, 0);
  assert.equal((await client.next(FRAME.settings))?.flags, FLAG.ack);
  const opaque = utf8.encode("12345678");
  await client.send(FRAME.ping, 0, 0, opaque);
  assert.deepEqual(await client.next(FRAME.ping), {
    type: FRAME.ping,
    flags: FLAG.ack,
    streamId: 0,
    payload: opaque,
  });
  await client.send(FRAME.headers, FLAG.endHeaders, 1, encodeHeaders(REQUEST));
  await client.send(FRAME.data, 0, 1, new Uint8Array(1_000));
  for (const streamId of [0, 1]) {
    const update = await client.next(FRAME.windowUpdate);
    assert.deepEqual([update?.streamId, update?.payload], [streamId, u32s(1_000)]);
  }
});

Deno.test("the server sends no more than the windows let through, then the rest", async () => {
  const sizeBytes = 100_000;
  await using server = await serve((exchange) => {
    exchange.sendHeaders({ ":status": "200" });
    exchange.sendData(new Uint8Array(sizeBytes));
    exchange.sendHeaders({ "grpc-status": "0" }, { endStream: true });
  });
  using client = await RawClient.connect(server.port, PREFACE);
  await client.send(FRAME.settings, 0, 0, new Uint8Array([0, 4, ...u32s(30_000)]));
  await client.send(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, encodeHeaders(REQUEST));
  const receive = async (untilBytes: number) => {
    let receivedBytes = 0;
    while (receivedBytes < untilBytes) {
      receivedBytes += (await client.next(FRAME.data))?.payload.length ?? NaN;
    }
    // Nothing is behind it: a ping overtakes no data.
    await client.send(FRAME.ping, 0, 0, new Uint8Array(8));
    return receivedBytes;
  };
  assert.equal(await receive(30_000), 30_000); // the stream's window
  await client.next(FRAME.ping);
  await client.send(FRAME.windowUpdate, 0, 1, u32s(1_000_000));
  assert.equal(await receive(35_535), 35_535); // the connection's
  await client.next(FRAME.ping);
  await client.send(FRAME.windowUpdate, 0, 0, u32s(1_000_000));
  assert.equal(await receive(34_465), 34_465);
  assert.equal((await client.next(FRAME.headers))?.flags, FLAG.endHeaders | FLAG.endStream);
});

for (
  const { name, frames, code } of [
    {
      name: "a frame that is too large",
      frames: [[FRAME.data, 0, 1, new Uint8Array(16_385)]],
      code: HTTP2_ERROR.frameSizeError,
    },
    {
      name: "a header block that is broken",
      frames: [[FRAME.headers, FLAG.endHeaders, 1, new Uint8Array([0x80])]],
      code: HTTP2_ERROR.compressionError,
    },
    {
      name: "a header block without end",
      frames: [
        [FRAME.headers, 0, 1, new Uint8Array(16_000)],
        ...Array.from({ length: 5 }, () => [FRAME.continuation, 0, 1, new Uint8Array(16_000)] as const),
      ],
      code: HTTP2_ERROR.enhanceYourCalm,
    },
    {
      name: "an interrupted header block",
      frames: [[FRAME.headers, 0, 1, new Uint8Array(0)], [FRAME.ping, 0, 0, new Uint8Array(8)]],
      code: HTTP2_ERROR.protocolError,
    },
    {
      name: "an even stream",
      frames: [[FRAME.headers, FLAG.endHeaders, 2, encodeHeaders(REQUEST)]],
      code: HTTP2_ERROR.protocolError,
    },
    {
      name: "more padding than payload",
      frames: [[FRAME.headers, FLAG.endHeaders | FLAG.padded, 1, new Uint8Array([9, 1])]],
      code: HTTP2_ERROR.protocolError,
    },
    { name: "a push", frames: [[FRAME.pushPromise, 0, 1, u32s(2)]], code: HTTP2_ERROR.protocolError },
    { name: "broken settings", frames: [[FRAME.settings, 0, 0, u32s(1)]], code: HTTP2_ERROR.frameSizeError },
  ] as Array<{ name: string; frames: Array<[number, number, number, Uint8Array]>; code: number }>
) {
  Deno.test(`the server ends a connection with ${name}`, async () => {
    await using server = await serve(() => {});
    using client = await RawClient.connect(server.port, PREFACE);
    for (const frame of frames) await client.send(...frame);
    const goAway = await client.next(FRAME.goAway);
    assert.equal(new DataView(goAway!.payload.slice().buffer).getUint32(4), code);
    assert.equal(await client.next(FRAME.goAway).catch(() => undefined), undefined);
  });
}

Deno.test("the server cuts a body that is too large, and says so", async () => {
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  await using server = await serve(resolve);
  using client = await RawClient.connect(server.port, PREFACE);
  await client.send(FRAME.headers, FLAG.endHeaders, 1, encodeHeaders(REQUEST));
  for (let part = 0; part < 7; part++) {
    await client.send(FRAME.data, part === 6 ? FLAG.endStream : 0, 1, new Uint8Array(16_000));
  }
  const { body, bodyCut } = await promise;
  assert.deepEqual([body.length, bodyCut], [100_000, true]);
});

Deno.test("the server refuses streams past its limit and a handler that throws costs one stream", async () => {
  await using server = await serve(({ headers }) => {
    if (headers[":path"] === "/throw") throw new Error("bad handler");
  });
  using client = await RawClient.connect(server.port, PREFACE);
  const throwing = REQUEST.map(([name, value]): Header => [name, name === ":path" ? "/throw" : value]);
  await client.send(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, encodeHeaders(throwing));
  assert.deepEqual((await client.next(FRAME.rstStream))?.payload, u32s(HTTP2_ERROR.internalError));
  for (let streamId = 3; streamId < 3 + 2 * 101; streamId += 2) {
    await client.send(FRAME.headers, FLAG.endHeaders | FLAG.endStream, streamId, encodeHeaders(REQUEST));
  }
  const refused = await client.next(FRAME.rstStream);
  assert.deepEqual([refused?.streamId, refused?.payload], [203, u32s(HTTP2_ERROR.refusedStream)]);
});
