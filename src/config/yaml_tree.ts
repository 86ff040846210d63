/** YAML text → a tree of plain nodes that know where they stand. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node as YamlNode,
  type Pair,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { quote } from "../base/text.ts";
import { formatPath, ofFile, type Path, type Problem } from "./problem.ts";

/** Where a node begins, as an offset into the file's text, in UTF-16 units. */
interface Placed {
  readonly start: number;
}

export interface MapNode extends Placed {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface ListNode extends Placed {
  readonly kind: "list";
  readonly items: readonly TreeNode[];
}

export interface ScalarNode extends Placed {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** Content as written, unquoted. */
  readonly source: string;
  readonly style: ScalarStyle;
  /** Offset behind the node. */
  readonly end: number;
}

export type ScalarStyle = "plain" | "single" | "double" | "literal" | "folded";

export type TreeNode = MapNode | ListNode | ScalarNode;

export interface Entry {
  readonly keyStart: number;
  readonly node: TreeNode;
}

/** Turns offsets into lines and columns, both from 1. */
export type Locate = (offset: number) => { readonly line: number; readonly column: number };

export type TreeResult =
  | {
    readonly kind: "ok";
    readonly root: TreeNode;
    readonly locate: Locate;
    readonly problems: readonly Problem[];
  }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] };

/** Lexer tokens in one file; beyond, it is no configuration but an attempt to keep the parser busy. */
const MAX_TOKENS = 200_000;
const MAX_ALIASES = 1_000;
/** Maps and lists inside one another; the deepest key there is stands at ten. */
const MAX_DEPTH = 32;
/** Syntax errors reported at once: one slip can upset everything behind it. */
const MAX_SYNTAX_PROBLEMS = 10;

/**
 * Reads YAML 1.2 (and `<<` merge keys, which the original's reader knew). A syntax error leaves nothing to go on
 * with; repeated keys and bad anchors do, so they come along with the tree, for all problems to be reported at once.
 */
export function readTree(text: string, file: string): TreeResult {
  const whole = (message: string): TreeResult => ({ kind: "problems", problems: [ofFile(file, message)] });
  if (hasTooManyTokens(text)) return whole(`more than ${MAX_TOKENS} words and marks`);

  const lines = new LineCounter();
  // The library's own check for repeated keys compares each with each: quadratic. The tree builder has its own.
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: "silent",
  });
  const locate: Locate = (offset) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (!("length" in documents) || documents.length === 0) return whole(EMPTY);
  const builder = new TreeBuilder(file, locate);
  if (documents.length > 1) {
    builder.report([], documents[1].range?.[0] ?? 0, "a second document begins here; a configuration is one");
  }
  const [document] = documents;
  for (
    const { code, pos, message } of [...document.errors, ...document.warnings].slice(0, MAX_SYNTAX_PROBLEMS)
  ) {
    const isOpen = code === "BAD_INDENT" && message.startsWith("Flow ");
    builder.report([], pos[0], isOpen ? OPEN_BRACKET : SYNTAX[code] ?? "this is not YAML");
  }
  if (builder.problems.length > 0) return { kind: "problems", problems: builder.problems };
  if (isEmpty(document)) return whole(EMPTY);
  const root = builder.build(document.contents as YamlNode, [], 0);
  if (builder.aliases > MAX_ALIASES) return whole(`more than ${MAX_ALIASES} aliases`);
  return { kind: "ok", root, locate, problems: builder.problems };
}

/** Most often a file caught while it is being written anew: certainly not an order to stop everything. */
const EMPTY = "the file is empty; write {} for a configuration of defaults alone";

function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

function hasTooManyTokens(text: string): boolean {
  if (text.length <= MAX_TOKENS) return false; // none is empty
  let count = 0;
  for (const _ of new Lexer().lex(text)) if (++count > MAX_TOKENS) return true;
  return false;
}

/** One code of the library's stands for two mistakes. */
const OPEN_BRACKET = "a [ or { above is not closed, or its end is not indented far enough";

/** The library's error codes in our words. Its own may repeat text from the file, which may be a secret. */
const SYNTAX: Readonly<Record<string, string>> = {
  ALIAS_PROPS: "an alias (*name) takes neither an anchor nor a tag",
  BAD_ALIAS: "bad alias: a name must follow the *",
  BAD_DIRECTIVE: "bad directive: only %YAML and %TAG are known",
  BAD_DQ_ESCAPE: "bad escape sequence in double quotes; write \\\\ for a backslash, or use single quotes",
  BAD_INDENT: "bad indentation",
  BAD_PROP_ORDER: "anchors and tags must come after the indicators ? : -",
  BAD_SCALAR_START: "text can't start with this character here; put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: 'a second key on this line; text that holds ": " must be quoted',
  BLOCK_IN_FLOW: "block syntax can't stand inside [ ] or { }",
  COMMENT_SPACE: "a comment must be set off by a space before its #",
  IMPOSSIBLE: "this is not YAML",
  KEY_OVER_1024_CHARS: "a key must be shorter than 1024 characters",
  MISSING_CHAR: "something is missing here: a closing quote or bracket, a comma, a colon or a space",
  MULTILINE_IMPLICIT_KEY: "a key must stand on one line: is a colon missing?",
  MULTIPLE_ANCHORS: "a node can have one anchor only",
  MULTIPLE_DOCS: "a second document begins here; a configuration is one",
  MULTIPLE_TAGS: "a node can have one tag only",
  RESOURCE_EXHAUSTION: "too many levels inside one another",
  TAB_AS_INDENT: "a tab can't indent; use spaces",
  TAG_RESOLVE_FAILED: "unknown tag",
  UNEXPECTED_TOKEN: "nothing of this kind can stand here",
};

class TreeBuilder {
  readonly problems: Problem[] = [];
  aliases = 0;
  readonly #file: string;
  readonly #locate: Locate;
  readonly #anchors = new Map<string, TreeNode>();

  constructor(file: string, locate: Locate) {
    this.#file = file;
    this.#locate = locate;
  }

  report(path: Path, offset: number, message: string): void {
    this.problems.push({ file: this.#file, ...this.#locate(offset), keyPath: formatPath(path), message });
  }

  build(node: YamlNode | null, path: Path, depth: number): TreeNode {
    const start = node?.range?.[0] ?? 0;
    if (depth > MAX_DEPTH) {
      this.report(path, start, `more than ${MAX_DEPTH} levels inside one another`);
      return nothing(start);
    }
    if (isAlias(node)) return this.#resolve(node, path, start);
    const built = isMap(node)
      ? this.#map(node, path, depth, start)
      : isSeq(node)
      ? { kind: "list" as const, start, items: this.#items(node.items as YamlNode[], path, depth) }
      : isScalar(node)
      ? scalar(node, start)
      : nothing(start);
    // Known only once it is complete: an alias inside its own anchor finds nothing, and no tree has a cycle.
    const anchor = node?.anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, built);
    return built;
  }

  #items(items: readonly YamlNode[], path: Path, depth: number): TreeNode[] {
    return items.map((item, index) => this.build(item, [...path, index], depth + 1));
  }

  #resolve(alias: Alias, path: Path, start: number): TreeNode {
    this.aliases++;
    const target = this.#anchors.get(alias.source);
    if (target) return target;
    this.report(path, start, `no anchor &${alias.source.slice(0, 60)} stands before this alias`);
    return nothing(start);
  }

  #map(map: YAMLMap, path: Path, depth: number, start: number): MapNode {
    const entries = new Map<string, Entry>();
    const merged: Entry[] = [];
    for (const pair of map.items as Pair<YamlNode, YamlNode | null>[]) {
      const keyStart = pair.key?.range?.[0] ?? start;
      if (!isScalar(pair.key)) {
        this.report(path, keyStart, "a key must be plain text");
        continue;
      }
      const key = pair.key.source ?? String(pair.key.value ?? "");
      const node = this.build(pair.value ?? null, [...path, key], depth + 1);
      // A missing value has no place of its own: its key's will do.
      const entry = { keyStart, node: pair.value?.range ? node : { ...node, start: keyStart } };
      if (key === "<<" && pair.key.type === "PLAIN") merged.push(entry);
      else if (entries.has(key)) this.report([...path, key], keyStart, this.#repeated(key, entries));
      else entries.set(key, entry);
    }
    for (const entry of merged) this.#merge(entry, path, entries);
    return { kind: "map", start, entries };
  }

  #repeated(key: string, entries: ReadonlyMap<string, Entry>): string {
    const { line } = this.#locate(entries.get(key)?.keyStart ?? 0);
    return `the key is there twice; line ${line} has it already`;
  }

  /** What stands in the map itself wins over what `<<` brings, and an earlier one in the list over a later one. */
  #merge({ node, keyStart }: Entry, path: Path, into: Map<string, Entry>): void {
    for (const source of node.kind === "list" ? node.items : [node]) {
      if (source.kind !== "map") {
        this.report(path, keyStart, "<< takes a mapping or a list of mappings");
        continue;
      }
      for (const [key, entry] of source.entries) if (!into.has(key)) into.set(key, entry);
    }
  }
}

const STYLES: Readonly<Record<string, ScalarStyle>> = {
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_LITERAL: "literal",
  BLOCK_FOLDED: "folded",
};

function scalar(node: Scalar, start: number): ScalarNode {
  const { value } = node;
  const known = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return {
    kind: "scalar",
    start,
    end: node.range?.[1] ?? start,
    value: known ? value : value === null ? null : String(value),
    source: node.source ?? "",
    style: STYLES[node.type ?? ""] ?? "plain",
  };
}

function nothing(start: number): ScalarNode {
  return { kind: "scalar", start, end: start, value: null, source: "", style: "plain" };
}

/** What a node is, for a message: `"abc"`, `5`, `a list`. A secret is named by its kind alone. */
export function describeNode(node: TreeNode, secret = false): string {
  if (node.kind === "map") return node.entries.size > 0 ? "a mapping" : "an empty mapping";
  if (node.kind === "list") return node.items.length > 0 ? "a list" : "an empty list";
  switch (typeof node.value) {
    case "string":
      return secret ? "text" : quote(node.value);
    case "number":
    case "boolean":
      return secret ? `a ${typeof node.value}` : node.source;
    default:
      return "nothing";
  }
}
