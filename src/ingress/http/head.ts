/** The head of a request that may be answered: whose end nobody on the way can see elsewhere than we do. */
export interface Head {
  readonly method: string;
  /** As it was sent; begins with a slash. */
  readonly target: string;
  readonly isVersion10: boolean;
  /** By lower-case name; repeated fields are joined by ", ". */
  readonly fields: ReadonlyMap<string, string>;
  /** Bytes of the body that follows, or that it comes in chunks. */
  readonly bodyLength: number | "chunked";
  /** Whether the client wants to hear of it before it sends the body. */
  readonly expectsContinue: boolean;
  /** Whether the client wants no further answers. */
  readonly isLast: boolean;
}

/** Why a request is not answered otherwise. The connection is of no further use then. */
export class Refusal {
  readonly status: number;
  /** For people. */
  readonly why: string;

  constructor(status: number, why: string) {
    this.status = status;
    this.why = why;
  }
}

/** Most header fields of one request: enough for every proxy on the way to add its own. */
const MAX_FIELDS = 200;

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]);

const REQUEST_LINE = /^([A-Z]+) ([\x21-\x7e]+)(?: HTTP\/(\d{1,9}\.\d{1,9}))?$/;

/** A field's name is a token (RFC 9110, 5.6.2); its value has no control characters but tabs. */
const FIELD = /^([!#$%&'*+.^_`|~\w-]+):([\t\x20-\x7e\x80-\uffff]*)$/;

/** A host and perhaps a port (RFC 9110, 7.2; RFC 3986, 3.2.2), as far as its characters go. May be empty. */
const HOST = /^[\w.~!$&'()*+,;=:%[\]-]*$/;

/** Which fields may not come behind a body: they would say where it ends, or whom it is for. */
const BEFORE_BODY_ONLY = new Set(["content-length", "transfer-encoding", "host"]);

const CR = 13;
const LF = 10;

/** One character a byte, but for some past ASCII. */
const decoder = new TextDecoder("latin1");

const TOO_LARGE = new Refusal(431, "request header fields too large");

function bad(why: string): Refusal {
  return new Refusal(400, why);
}

/** Looks for the end of lines of header fields in what arrives bit by bit, and finds early that it is something else. */
export class HeadScanner {
  readonly #maxBytes: number;
  readonly #hasRequestLine: boolean;
  #lines = 0;
  #lineStart = 0;
  #seen = 0;

  /** `hasRequestLine`: whether there has to be a line before the fields, as there is not in a body's trailers. */
  constructor(maxBytes: number, hasRequestLine = true) {
    this.#maxBytes = maxBytes;
    this.#hasRequestLine = hasRequestLine;
  }

  /**
   * Looks at all that has arrived: what was there before, and more.
   * @returns the length with the empty line at the end; `undefined`: more is to come
   */
  scan(bytes: Uint8Array): number | Refusal | undefined {
    for (let lf = bytes.indexOf(LF, this.#seen); lf >= 0; lf = bytes.indexOf(LF, this.#seen)) {
      if (lf >= this.#maxBytes) return TOO_LARGE;
      if (bytes[lf - 1] !== CR) return bad("a line does not end in CRLF");
      const isEmpty = lf - this.#lineStart === 1;
      this.#lineStart = this.#seen = lf + 1;
      if (isEmpty && (this.#lines > 0 || !this.#hasRequestLine)) return lf + 1;
      // Empty lines before a request are let pass (RFC 9112, 2.2).
      if (!isEmpty && ++this.#lines > MAX_FIELDS + 1) return TOO_LARGE;
    }
    if (this.#lines === 0 && this.#hasRequestLine && !isText(bytes, this.#seen)) {
      return bad("this is no HTTP");
    }
    this.#seen = bytes.length;
    return bytes.length > this.#maxBytes ? TOO_LARGE : undefined;
  }
}

/** Whether what has come of a first line may become one: what speaks TLS has no line's end to wait for. */
function isText(bytes: Uint8Array, from: number): boolean {
  for (let i = from; i < bytes.length; i++) {
    const byte = bytes[i];
    if ((byte < 0x20 || byte > 0x7e) && byte !== CR) return false;
  }
  return true;
}

/** What a whole address, which is taken as well (RFC 9112, 3.2.2), has behind its host. */
function pathOf(target: string): string {
  const behind = target.replace(/^https?:\/\/[^/?#]+/i, "");
  return behind === "" || (behind !== target && behind.startsWith("?")) ? `/${behind}` : behind;
}

/** Reads a whole head, with the empty line at its end. */
export function parseHead(bytes: Uint8Array): Head | Refusal {
  const lines = decoder.decode(bytes).split("\r\n");
  let at = 0;
  while (lines[at] === "") at++;
  const [, method, requested, version] = REQUEST_LINE.exec(lines[at]) ?? [];
  if (method === undefined || !METHODS.has(method)) return bad("bad request line");
  if (version === undefined || version === "0.9" || version === "2.0") {
    return new Refusal(505, "HTTP version not supported");
  }
  if (version !== "1.1" && version !== "1.0") return bad("bad HTTP version");
  const target = pathOf(requested);
  if (!target.startsWith("/")) return bad("the target is no path");
  const isVersion10 = version === "1.0";
  const fields = parseFields(lines, at + 1);
  if (fields instanceof Refusal) return fields;
  const host = fields.get("host");
  if (host === undefined ? !isVersion10 : !HOST.test(host)) return bad("bad Host");
  const bodyLength = bodyLengthOf(fields, isVersion10);
  if (bodyLength instanceof Refusal) return bodyLength;
  const expectation = fields.get("expect")?.toLowerCase();
  if (expectation !== undefined && expectation !== "100-continue") {
    return new Refusal(417, "expectation not known");
  }
  return {
    method,
    target,
    isVersion10,
    fields,
    bodyLength,
    expectsContinue: expectation !== undefined && !isVersion10,
    isLast: isVersion10 || hasOption(fields.get("connection"), "close"),
  };
}

/** Reads what comes behind a body in chunks, and forgets it. */
export function checkTrailers(bytes: Uint8Array): Refusal | undefined {
  const fields = parseFields(decoder.decode(bytes).split("\r\n"), 0);
  if (fields instanceof Refusal) return fields;
  for (const name of fields.keys()) if (BEFORE_BODY_ONLY.has(name)) return bad(`${name} behind the body`);
  return undefined;
}

/** Two empty lines stand at the end: one that ends the fields, and what is behind its own end. */
function parseFields(lines: readonly string[], from: number): Map<string, string> | Refusal {
  const fields = new Map<string, string>();
  for (let i = from; i < lines.length - 2; i++) {
    const [, name, value] = FIELD.exec(lines[i]) ?? [];
    if (name === undefined) return bad("bad header field");
    const key = name.toLowerCase();
    const before = fields.get(key);
    fields.set(key, before === undefined ? withoutBlanks(value) : `${before}, ${withoutBlanks(value)}`);
    if (before !== undefined && key === "host") return bad("two Host fields");
  }
  return fields;
}

/** How a body's end is found (RFC 9112, 6.3): by one thing only, and in one way only. */
function bodyLengthOf(
  fields: ReadonlyMap<string, string>,
  isVersion10: boolean,
): Head["bodyLength"] | Refusal {
  const coding = fields.get("transfer-encoding")?.toLowerCase();
  const length = fields.get("content-length");
  if (coding === undefined) {
    if (length === undefined) return 0;
    return /^\d{1,15}$/.test(length) ? Number(length) : bad("bad Content-Length");
  }
  if (length !== undefined || isVersion10) return bad("Transfer-Encoding in the wrong place");
  if (coding === "chunked") return "chunked";
  const last = withoutBlanks(coding.slice(coding.lastIndexOf(",") + 1));
  return last === "chunked"
    ? new Refusal(501, "transfer encoding not supported")
    : bad("the body's end can't be found");
}

function hasOption(list: string | undefined, option: string): boolean {
  return list !== undefined && list.toLowerCase().split(",").some((one) => withoutBlanks(one) === option);
}

/** `trim` would take more. */
function withoutBlanks(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
