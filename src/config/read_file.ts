import { createHash } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import { inSlices } from "../base/steps.ts";
import { MAX_FILE_BYTES } from "./limits.ts";
import { ofFile } from "./problem.ts";
import { readConfig, readingConfig, type ReadResult, tooLarge } from "./read.ts";

/** What a configuration file holds, before anybody has made sense of it. */
export type FileContent =
  | { readonly kind: "text"; readonly text: string; readonly hash: string }
  | { readonly kind: "unreadable"; readonly message: string; readonly hash: string };

/** A reading, and what tells whether the file has changed since: equal for equal content. */
export type FileReading = ReadResult & { readonly hash: string };

/** For work beside which others have to get their turn. */
export interface Sliced {
  readonly clock: Clock;
  /** Ends the work early. */
  readonly signal?: AbortSignal;
}

/**
 * Reads a configuration file. What is wrong with the file itself is a problem like any other; nothing is thrown.
 * @param sliced gives probes and answers their turn meanwhile; without it all is done in one go
 */
export async function readConfigFile(path: string, sliced?: Sliced): Promise<FileReading> {
  const content = await readContent(path);
  return await interpret(content, path, sliced) ?? unread(content, path);
}

/** @returns undefined when it was told to end early */
export async function interpret(
  content: FileContent,
  path: string,
  sliced?: Sliced,
): Promise<FileReading | undefined> {
  const { hash } = content;
  if (content.kind === "unreadable") {
    return { kind: "problems", problems: [ofFile(path, content.message)], hash };
  }
  if (!sliced) return { ...readConfig(content.text, path), hash };
  const reading = await inSlices(readingConfig(content.text, path), sliced);
  return reading && { ...reading, hash };
}

function unread({ hash }: FileContent, path: string): FileReading {
  return { kind: "problems", problems: [ofFile(path, "was not read to its end")], hash };
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

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
