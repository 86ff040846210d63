import type { Clock } from "../../base/clock.ts";
import type { HeaderConfig } from "../../config/mod.ts";
import { fail, type Failure } from "../probe.ts";
import { FreshFiles } from "../net/fresh_files.ts";
import { isToken } from "./request.ts";

export type FileHeaders =
  /** `version` changes with the content. */
  | { readonly kind: "headers"; readonly headers: readonly HeaderConfig[]; readonly version: number }
  | Failure;

/** Headers from a file with one `Name: value` a line: tokens that rotate. Empty lines and lines that begin with # don't count. */
export class HeadersFile {
  readonly #path: string;
  readonly #files: FreshFiles;
  #parsed: { version: number; result: FileHeaders } | undefined;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#files = new FreshFiles([path], clock);
  }

  /** Never rejects. No detail quotes the file. */
  async read(): Promise<FileHeaders> {
    const read = await this.#files.read();
    if (read.kind === "unreadable") return fail("internal", `cannot read headersFromFile: ${read.detail}`);
    if (this.#parsed?.version !== read.version) {
      this.#parsed = { version: read.version, result: this.#parse(read.texts[0], read.version) };
    }
    return this.#parsed.result;
  }

  #parse(text: string, version: number): FileHeaders {
    const headers: HeaderConfig[] = [];
    for (const [index, raw] of text.split("\n").entries()) {
      const line = raw.trim();
      if (line === "" || line.startsWith("#")) continue;
      const colon = line.indexOf(":");
      const name = line.slice(0, colon).trim();
      if (colon < 0 || !isToken(name)) {
        return fail("internal", `line ${index + 1} of ${this.#path} is no header: expected "Name: value"`);
      }
      headers.push({ name, value: line.slice(colon + 1).trim() });
    }
    return { kind: "headers", headers, version };
  }
}
