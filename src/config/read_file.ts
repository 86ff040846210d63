import { createHash } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import { inSlices, inSlicesUntil } from "../base/steps.ts";
import { MAX_FILE_BYTES } from "./limits.ts";
import { ofFile } from "./problem.ts";
import { readConfig, readingConfig, type ReadResult, tooLarge } from "./read.ts";

/** What a configuration file holds, before anybody has made sense of it. */
export type FileContent =
  | { readonly kind: "text"; readonly text: string; readonly hash: string }
  | { readonly kind: "unreadable"; readonly message: string; readonly hash: string };

/** A reading, and what tells whether the file has changed since: equal for equal content. */
export type FileReading = ReadResult & { readonly hash: string };

/** Reads a configuration file in one go. What is wrong with the file itself is a problem like any other; nothing is thrown. */
export async function readConfigFile(path: string): Promise<FileReading> {
  const content = await readContent(path);
  if (content.kind === "unreadable") return unread(content, path);
  return { ...readConfig(content.text, path), hash: content.hash };
}

/** The same in slices, so that probes and verdicts have their turn meanwhile. */
export async function rereadConfigFile(path: string, clock: Clock): Promise<FileReading> {
  const content = await readContent(path);
  if (content.kind === "unreadable") return unread(content, path);
  return { ...await inSlices(readingConfig(content.text, path), clock), hash: content.hash };
}

/** Makes sense of content, in slices. @returns undefined when the signal aborted before all was read */
export async function interpret(
  content: FileContent,
  path: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<FileReading | undefined> {
  if (content.kind === "unreadable") return unread(content, path);
  const reading = await inSlicesUntil(signal, readingConfig(content.text, path), clock);
  return reading && { ...reading, hash: content.hash };
}

function unread({ message, hash }: FileContent & { kind: "unreadable" }, path: string): FileReading {
  return { kind: "problems", problems: [ofFile(path, message)], hash };
}

/** Reads at most `MAX_FILE_BYTES`, and only from a plain file: a pipe would have it wait. Never rejects. */
export async function readContent(path: string): Promise<FileContent> {
  try {
    const { isDirectory, isFile, size } = await Deno.stat(path);
    if (isDirectory) return unreadable("is a directory; name the file in it");
    if (!isFile) return unreadable("is not a plain file");
    const bytes = await readUpTo(MAX_FILE_BYTES + 1, path, size);
    if (bytes.length > MAX_FILE_BYTES) return unreadable(tooLarge(path).message);
    const text = decode(bytes);
    if (looksLikeUtf16(bytes)) return unreadable("is UTF-16; save it as UTF-8");
    if (text === undefined) return unreadable("is not text in UTF-8");
    return { kind: "text", text, hash: createHash("sha256").update(bytes).digest("hex") };
  } catch (error) {
    return unreadable(reasonOf(error));
  }
}

function unreadable(message: string): FileContent {
  return { kind: "unreadable", message, hash: message };
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "may not be read by this user";
  if (error instanceof Deno.errors.NotCapable) return "may not be read: --allow-read does not cover it";
  return messageOf(error);
}

async function readUpTo(maxBytes: number, path: string, likelyBytes: number): Promise<Uint8Array> {
  using file = await Deno.open(path);
  let bytes = new Uint8Array(Math.min(maxBytes, likelyBytes + 1));
  let length = 0;
  for (;;) {
    const count = await file.read(bytes.subarray(length));
    if (count === null) break;
    length += count;
    if (length === maxBytes) break;
    if (length < bytes.length) continue;
    const larger = new Uint8Array(Math.min(maxBytes, 2 * bytes.length)); // it has grown since it was looked at
    larger.set(bytes);
    bytes = larger;
  }
  return bytes.subarray(0, length);
}

/** By its byte order mark, or because every other byte of its beginning is 0. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const [first, second, third, fourth] = bytes;
  if ((first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe)) return true;
  return (first === 0) !== (second === 0) && (first === 0) === (third === 0) &&
    (second === 0) === (fourth === 0);
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
