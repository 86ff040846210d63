import type { Socket } from "node:net";
import {
  encodeFrame,
  FLAG,
  FRAME,
  type Frame,
  FrameReader,
  HTTP2_ERROR,
  MAX_PAYLOAD_BYTES,
  ProtocolError,
  u32s,
  unpad,
} from "./frames.ts";
import { encodeHeaders, type Header, HpackDecoder } from "./hpack.ts";

/** What every client says first (RFC 9113, 3.4). */
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Flow control's window at the start, bytes (RFC 9113, 6.9.2). */
const INITIAL_WINDOW_BYTES = 65_535;
const MAX_WINDOW_BYTES = 2 ** 31 - 1;

/** SETTINGS identifiers (RFC 9113, 6.5.2). */
const SETTING = { maxConcurrentStreams: 0x3, initialWindowSize: 0x4 };

const MAX_OPEN_STREAMS = 100;
const MAX_HEADER_BLOCK_BYTES = 64 * 1024;

export interface ConnectionOptions {
  socket: Socket;
  maxBodyBytes: number;
  onRequest(exchange: Exchange): void;
}

/** A request, and the means to answer it. After the caller left, or the stream's end, answering does nothing. */
export interface Exchange {
  /** Request headers, pseudo-headers included; of a repeated one the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The body was larger than the server takes; `body` is its beginning. */
  readonly bodyCut: boolean;
  /** Sends headers; a second call sends trailers. */
  sendHeaders(headers: Record<string, string>, options?: { endStream?: boolean }): void;
  /** Sends body, as fast as the caller's flow control lets it go. */
  sendData(data: Uint8Array, options?: { endStream?: boolean }): void;
  /** RST_STREAM with an error code. */
  reset(code: number): void;
  /** GOAWAY with an error code, then closes the connection. */
  goAway(code: number): void;
  /** Drops the connection without a word. */
  disconnect(): void;
}

interface Stream {
  headers: Record<string, string>;
  chunks: Uint8Array[];
  bodyBytes: number;
  /** The request is complete and was handed on. */
  answered: boolean;
  /** Bytes of body that the caller takes now. */
  sendWindowBytes: number;
  /** Frames not sent yet: body waits for the window, and what follows waits for the body. */
  queue: Array<Omit<Frame, "streamId">>;
}

/** One connection, from the server's side. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #reader = new FrameReader();
  readonly #hpack = new HpackDecoder();
  readonly #streams = new Map<number, Stream>();
  #prefaceRead = false;
  #lastStreamId = 0;
  #sendWindowBytes = INITIAL_WINDOW_BYTES;
  #initialSendWindowBytes = INITIAL_WINDOW_BYTES;
  /** A header block that has not come to its end. */
  #headerBlock: { streamId: number; endStream: boolean; parts: Uint8Array[]; sizeBytes: number } | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Takes bytes from the socket. Never throws: what the other side does wrong ends the connection. */
  receive(chunk: Uint8Array): void {
    if (this.#options.socket.destroyed) return;
    this.#reader.push(chunk);
    try {
      if (!this.#prefaceRead && !this.#readPreface()) return;
      for (let frame; (frame = this.#reader.next());) this.#take(frame);
    } catch (error) {
      const code = error instanceof ProtocolError
        ? error.code
        : error instanceof RangeError
        ? HTTP2_ERROR.compressionError
        : HTTP2_ERROR.internalError;
      this.#goAway(code);
    }
  }

  #readPreface(): boolean {
    const found = this.#reader.takePrefix(PREFACE);
    if (found === false) throw new ProtocolError("this is no HTTP/2");
    if (found === undefined) return false;
    this.#prefaceRead = true;
    const settings = new Uint8Array([0, SETTING.maxConcurrentStreams, ...u32s(MAX_OPEN_STREAMS)]);
    this.#send({ type: FRAME.settings, flags: 0, streamId: 0, payload: settings });
    return true;
  }

  #take(frame: Frame): void {
    if (this.#headerBlock && frame.type !== FRAME.continuation) {
      throw new ProtocolError("a header block was interrupted");
    }
    switch (frame.type) {
      case FRAME.headers:
        return this.#takeHeaders(frame);
      case FRAME.continuation:
        return this.#takeContinuation(frame);
      case FRAME.data:
        return this.#takeData(frame);
      case FRAME.rstStream:
        this.#streams.delete(frame.streamId);
        return;
      case FRAME.settings:
        return this.#takeSettings(frame);
      case FRAME.ping:
        if (!(frame.flags & FLAG.ack)) this.#send({ ...frame, flags: FLAG.ack });
        return;
      case FRAME.windowUpdate:
        return this.#takeWindowUpdate(frame);
      case FRAME.pushPromise:
        throw new ProtocolError("a client can't push");
        // PRIORITY, GOAWAY and frames of unknown type ask for nothing.
    }
  }

  #takeHeaders(frame: Frame): void {
    const { streamId, flags } = frame;
    if (streamId % 2 === 0) throw new ProtocolError(`a client can't open stream ${streamId}`);
    this.#headerBlock = { streamId, endStream: (flags & FLAG.endStream) !== 0, parts: [], sizeBytes: 0 };
    this.#extendHeaderBlock(unpad(frame), flags);
  }

  #takeContinuation({ streamId, flags, payload }: Frame): void {
    if (this.#headerBlock?.streamId !== streamId) throw new ProtocolError("a continuation of nothing");
    this.#extendHeaderBlock(payload, flags);
  }

  #extendHeaderBlock(part: Uint8Array, flags: number): void {
    const block = this.#headerBlock!;
    block.parts.push(part);
    block.sizeBytes += part.length;
    if (block.sizeBytes > MAX_HEADER_BLOCK_BYTES) {
      throw new ProtocolError("the header block is too large", HTTP2_ERROR.enhanceYourCalm);
    }
    if (!(flags & FLAG.endHeaders)) return;
    this.#headerBlock = undefined;
    this.#takeHeaderList(block.streamId, this.#hpack.decode(concat(block.parts)), block.endStream);
  }

  #takeHeaderList(streamId: number, headers: Header[], endStream: boolean): void {
    let stream = this.#streams.get(streamId);
    if (!stream) {
      if (streamId <= this.#lastStreamId) return; // trailers for a stream we are done with
      this.#lastStreamId = streamId;
      if (this.#streams.size >= MAX_OPEN_STREAMS) return this.#reset(streamId, HTTP2_ERROR.refusedStream);
      stream = {
        headers: Object.fromEntries(headers),
        chunks: [],
        bodyBytes: 0,
        answered: false,
        sendWindowBytes: this.#initialSendWindowBytes,
        queue: [],
      };
      this.#streams.set(streamId, stream);
    }
    if (endStream) this.#handOn(streamId, stream);
  }

  #takeData(frame: Frame): void {
    const { streamId, flags } = frame;
    if (streamId === 0) throw new ProtocolError("data on no stream");
    const data = unpad(frame);
    const stream = this.#streams.get(streamId);
    if (frame.payload.length > 0) {
      this.#giveWindow(0, frame.payload.length);
      if (stream) this.#giveWindow(streamId, frame.payload.length);
    }
    if (!stream || stream.answered) return;
    const room = Math.max(0, this.#options.maxBodyBytes - stream.bodyBytes);
    if (room > 0) stream.chunks.push(data.slice(0, room));
    stream.bodyBytes += data.length;
    if (flags & FLAG.endStream) this.#handOn(streamId, stream);
  }

  #handOn(streamId: number, stream: Stream): void {
    if (stream.answered) return;
    stream.answered = true;
    try {
      this.#options.onRequest(this.#exchange(streamId, stream));
    } catch {
      this.#reset(streamId, HTTP2_ERROR.internalError);
    }
  }

  #takeSettings({ flags, payload }: Frame): void {
    if (flags & FLAG.ack) return;
    if (payload.length % 6 !== 0) throw new ProtocolError("broken settings", HTTP2_ERROR.frameSizeError);
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    for (let at = 0; at < payload.length; at += 6) {
      if (view.getUint16(at) !== SETTING.initialWindowSize) continue;
      const windowBytes = view.getUint32(at + 2);
      if (windowBytes > MAX_WINDOW_BYTES) {
        throw new ProtocolError("the window is too large", HTTP2_ERROR.flowControlError);
      }
      for (const stream of this.#streams.values()) {
        stream.sendWindowBytes += windowBytes - this.#initialSendWindowBytes;
      }
      this.#initialSendWindowBytes = windowBytes;
    }
    this.#send({ type: FRAME.settings, flags: FLAG.ack, streamId: 0, payload: new Uint8Array(0) });
    this.#flushAll();
  }

  #takeWindowUpdate({ streamId, payload }: Frame): void {
    if (payload.length !== 4) throw new ProtocolError("broken window update", HTTP2_ERROR.frameSizeError);
    const moreBytes = new DataView(payload.buffer, payload.byteOffset).getUint32(0) & MAX_WINDOW_BYTES;
    if (streamId === 0) {
      this.#sendWindowBytes += moreBytes;
      return this.#flushAll();
    }
    const stream = this.#streams.get(streamId);
    if (!stream) return;
    stream.sendWindowBytes += moreBytes;
    this.#flush(streamId, stream);
  }

  #exchange(streamId: number, stream: Stream): Exchange {
    const enqueue = (type: number, flags: number, payload: Uint8Array) => {
      if (this.#streams.get(streamId) !== stream) return; // reset or ended meanwhile
      stream.queue.push({ type, flags, payload });
      this.#flush(streamId, stream);
    };
    return {
      headers: stream.headers,
      body: concat(stream.chunks),
      bodyCut: stream.bodyBytes > this.#options.maxBodyBytes,
      sendHeaders: (headers, { endStream = false } = {}) =>
        enqueue(
          FRAME.headers,
          FLAG.endHeaders | (endStream ? FLAG.endStream : 0),
          encodeHeaders(Object.entries(headers)),
        ),
      sendData: (data, { endStream = false } = {}) =>
        enqueue(FRAME.data, endStream ? FLAG.endStream : 0, data),
      reset: (code) => this.#reset(streamId, code),
      goAway: (code) => this.#goAway(code),
      disconnect: () => void this.#options.socket.destroy(),
    };
  }

  #flushAll(): void {
    for (const [streamId, stream] of this.#streams) this.#flush(streamId, stream);
  }

  /** Sends what the windows let through, in order. */
  #flush(streamId: number, stream: Stream): void {
    for (let next; (next = stream.queue[0]);) {
      const { type, flags, payload } = next;
      let length = payload.length;
      if (type === FRAME.data) {
        length = Math.min(length, MAX_PAYLOAD_BYTES, this.#sendWindowBytes, stream.sendWindowBytes);
        if (length <= 0 && payload.length > 0) return;
        this.#sendWindowBytes -= length;
        stream.sendWindowBytes -= length;
      }
      const whole = length === payload.length;
      this.#send({ type, streamId, flags: whole ? flags : 0, payload: payload.subarray(0, length) });
      if (!whole) {
        next.payload = payload.subarray(length);
        continue;
      }
      stream.queue.shift();
      if (flags & FLAG.endStream) this.#streams.delete(streamId);
    }
  }

  #giveWindow(streamId: number, sizeBytes: number): void {
    this.#send({ type: FRAME.windowUpdate, flags: 0, streamId, payload: u32s(sizeBytes) });
  }

  #reset(streamId: number, code: number): void {
    this.#streams.delete(streamId);
    this.#send({ type: FRAME.rstStream, flags: 0, streamId, payload: u32s(code) });
  }

  #goAway(code: number): void {
    this.#streams.clear();
    this.#send({ type: FRAME.goAway, flags: 0, streamId: 0, payload: u32s(this.#lastStreamId, code) });
    this.#options.socket.destroySoon();
  }

  #send(frame: Frame): void {
    const { socket } = this.#options;
    if (!socket.destroyed && socket.writable) socket.write(encodeFrame(frame));
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sizeBytes, part) => sizeBytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
