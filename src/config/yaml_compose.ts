/**
 * The library's tokens → its nodes. It composes a document in one go, so a large one is handed to it in pieces: a
 * collection that is long in the file is composed empty first, and its items afterwards, a run of them at a time, as a
 * collection of their own. Nothing that the library checks looks further than from an item to the one before it.
 */
import { Composer, CST, type Document, isMap, isSeq, type YAMLMap, type YAMLSeq } from "yaml";
import { SyntaxFaults, TooManyFaults } from "./yaml_syntax.ts";

/**
 * Longest piece of a file that is composed in one go, in UTF-16 units; it has fewer words and marks than that. Each takes
 * a document of its own, so those of a small file, which is what there is most often, are larger.
 */
const MAX_PIECE = 1_024;
const MAX_PIECE_OF_SMALL = 4_096;
const SMALL = 8_192;

/** Blank tokens in one place that are let through as they are. */
const MAX_BLANKS = 32;

type Collection = CST.BlockMap | CST.BlockSequence | CST.FlowCollection;
type Item = CST.CollectionItem;

/** What items become: nodes, aliases, pairs. */
export type Composed = YAMLMap["items"][number] | YAMLSeq["items"][number];

interface Later {
  readonly token: Collection;
  /** Offset behind the collection, or a little more. */
  readonly end: number;
}

export class PieceComposer {
  readonly faults = new SyntaxFaults();
  /** Collections whose items are still to be composed, by where they begin. */
  readonly #later = new Map<number, Later>();
  readonly #textLength: number;
  readonly #maxPiece: number;
  #version: string | undefined;

  /** `textLength`: of the whole file, in UTF-16 units. */
  constructor(textLength: number) {
    this.#textLength = textLength;
    this.#maxPiece = textLength > SMALL ? MAX_PIECE : MAX_PIECE_OF_SMALL;
  }

  /**
   * The first document, what is long in it left empty: `itemsOf` has the items.
   * @returns undefined when there is none, or when so much is wrong that nothing more is worth looking at
   */
  document(tokens: readonly CST.Token[]): Document.Parsed | undefined {
    const composer = this.#composer();
    return this.#caught(() => {
      let hasDocument = false;
      for (const token of tokens) {
        if (token.type === "error" || (token.type === "doc-end" && !hasDocument)) {
          this.faults.add(token.offset, "UNEXPECTED_TOKEN");
        } else if (token.type !== "document") {
          drain(composer.next(token));
        } else {
          if (hasDocument) break; // of a second one it is enough that it is there
          hasDocument = true;
          const value = token.value && this.#emptied(token.value, this.#textLength);
          drain(composer.next({ ...token, start: thinned(token.start), end: thinned(token.end), value }));
        }
      }
      const [document] = composer.end() as Generator<Document.Parsed>;
      this.#version = document?.directives?.yaml.version;
      return document;
    });
  }

  /** Items of a collection, run by run; between two there may be a pause. */
  *itemsOf(node: YAMLMap | YAMLSeq): Generator<readonly Composed[], void> {
    const later = this.#laterOf(node);
    if (!later) return yield node.items;
    const { token, end } = later;
    const items = token.items as Item[];
    for (let from = 0; from < items.length && !this.faults.isFull;) {
      const start = offsetOf(items[from]);
      let to = from + 1;
      while (to < items.length && offsetOf(items[to]) - start < this.#maxPiece) to++;
      const composed = this.#caught(() => this.#run(token, from, to, end));
      if (!composed) return;
      items.fill(DONE, from, to); // for the collector
      yield composed;
      from = to;
    }
  }

  #laterOf(node: YAMLMap | YAMLSeq): Later | undefined {
    if (this.#later.size === 0 || node.items.length > 0 || !node.range) return undefined;
    const later = this.#later.get(node.range[0]);
    // The key at the start of a mapping begins where the mapping does, but keys are no collections here.
    if (later) this.#later.delete(node.range[0]);
    return later;
  }

  /** Composes some of a collection's items, what is long in them left empty. */
  #run(token: Collection, from: number, to: number, end: number): readonly Composed[] {
    const items = (token.items as Item[]).slice(from, to).map((item, i): Item => {
      const next = token.items[from + i + 1];
      const itemEnd = next ? offsetOf(next) : end;
      return {
        ...item,
        start: thinned(item.start) ?? [],
        ...(item.sep && { sep: thinned(item.sep) }),
        ...(item.key && { key: this.#emptied(item.key, itemEnd, true) }),
        ...(item.value && { value: this.#emptied(item.value, itemEnd) }),
      };
    });
    const offset = offsetOf(items[0]);
    if (token.type !== "flow-collection") {
      return this.#composedItems({ ...token, offset, items } as Collection);
    }
    const isMap = token.start.source === "{";
    const isFirst = from === 0;
    // An item that follows another begins with a comma: it gets one to follow.
    if (!isFirst) {
      items.unshift(isMap ? { start: [], key: word(offset), sep: [] } : { start: [], value: word(offset) });
    }
    const closing: CST.SourceToken = isMap
      ? { type: "flow-map-end", offset: end, indent: token.indent, source: "}" }
      : { type: "flow-seq-end", offset: end, indent: token.indent, source: "]" };
    const composed = this.#composedItems({ ...token, offset, items, end: [closing] });
    return isFirst ? composed : composed.slice(1);
  }

  #composedItems(value: Collection): readonly Composed[] {
    const composer = this.#composer(this.#version);
    drain(composer.next({ type: "document", offset: value.offset, start: [], value }));
    const [{ contents }] = composer.end() as Generator<Document.Parsed>;
    return isMap(contents) || isSeq(contents) ? contents.items : [];
  }

  /** A token as it is when it is short, else its empty likeness. */
  #emptied(token: CST.Token, end: number, isKey = false): CST.Token {
    if (!CST.isCollection(token)) {
      return "end" in token && token.end ? { ...token, end: thinned(token.end) } as CST.Token : token;
    }
    const own = token.type === "flow-collection" ? { ...token, end: thinned(token.end) ?? [] } : token;
    if (end - token.offset <= this.#maxPiece) return own;
    if (!isKey) this.#later.set(token.offset, { token: own, end });
    return { ...own, items: [] } as Collection;
  }

  #composer(version?: string): Composer {
    return new FaultComposer(this.faults, version);
  }

  #caught<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (error instanceof TooManyFaults) return undefined;
      throw error;
    }
  }
}

/** Says what is wrong while it is found, where the library would keep errors with a stack each. */
class FaultComposer extends Composer {
  constructor(faults: SyntaxFaults, version?: string) {
    // The library's own check for repeated keys compares each with each: quadratic. The tree builder has its own.
    super({
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: "silent",
      ...(version && { version: version as "1.2" }),
    });
    const onError = (
      source: number | [number, number] | { offset: number },
      code: string,
      message: string,
    ) => {
      const offset = typeof source === "number" ? source : Array.isArray(source) ? source[0] : source.offset;
      faults.add(offset, code, message);
    };
    Object.assign(this, { onError });
  }
}

const DONE: Item = { start: [] };

function drain(nothing: Generator<unknown>): void {
  for (const _ of nothing);
}

function offsetOf({ start, key, sep, value }: Item): number {
  return (start[0] ?? key ?? sep?.[0] ?? value)?.offset ?? 0;
}

function word(offset: number): CST.FlowScalar {
  return { type: "scalar", offset, indent: 0, source: "x" };
}

/** Leaves out lines that say nothing, where there are many: the composer would put comments together, to be dropped. */
function thinned<T extends CST.SourceToken[] | undefined>(tokens: T): T {
  if (!tokens || tokens.length <= MAX_BLANKS) return tokens;
  const kept: CST.SourceToken[] = [];
  /** Those behind the first line break of a stretch of blanks. */
  let held: CST.SourceToken[] = [];
  let isHolding = false;
  for (const token of tokens) {
    if (!isBlank(token)) {
      kept.push(...held, token);
      held = [];
      isHolding = false;
    } else if (token.type === "newline") {
      if (isHolding) held = [token];
      else kept.push(token);
      isHolding = true;
    } else if (isHolding) held.push(token);
    else kept.push(token);
  }
  kept.push(...held);
  return kept as T;
}

function isBlank({ type }: CST.SourceToken): boolean {
  return type === "space" || type === "newline" || type === "comment";
}
