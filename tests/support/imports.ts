/** One `import` or `export … from` of a module, static or dynamic. */
export interface ModuleImport {
  specifier: string;
  /** Gone at run time: `import type`, `export type`, or nothing but `type` names between the braces. */
  typeOnly: boolean;
  /** Line it begins on, from 1. */
  line: number;
}

interface Token {
  kind: "word" | "string" | "sign";
  text: string;
  line: number;
}

/** Words after which a slash begins a regular expression. */
const BEFORE_REGEX = new Set(
  "return typeof case in of delete void throw new do else yield await instanceof".split(" "),
);

/**
 * Finds a module's imports by reading its tokens: what stands in comments, strings, templates and regular expressions
 * is none. A dynamic import of something else than one plain string has the specifier "".
 */
export function importsOf(source: string): ModuleImport[] {
  const tokens = [...tokenize(source)];
  const found: ModuleImport[] = [];
  tokens.forEach(({ kind, text, line }, at) => {
    if (kind !== "word" || tokens[at - 1]?.text === ".") return;
    const next = tokens[at + 1];
    if (text === "import" && next?.text === "(") {
      const argument = tokens[at + 2];
      const plain = argument?.kind === "string" && [")", ","].includes(tokens[at + 3]?.text);
      found.push({ specifier: plain ? argument.text : "", typeOnly: false, line });
    } else if (text === "import" && next?.kind === "string") {
      found.push({ specifier: next.text, typeOnly: false, line });
    } else if (text === "import" || text === "export") {
      const clause = clauseFrom(tokens, at + 1);
      if (clause) found.push({ ...clause, line });
    }
  });
  return found;
}

/** Reads `type? names from "specifier"`; anything else (a declaration, `import.meta`) is no clause. */
function clauseFrom(tokens: readonly Token[], from: number): Omit<ModuleImport, "line"> | undefined {
  const textAt = (at: number) => tokens[at]?.text;
  const leadingType = textAt(from) === "type" && ![",", "from"].includes(textAt(from + 1));
  const start = leadingType ? from + 1 : from;
  if (textAt(from - 1) === "export" && !["{", "*"].includes(textAt(start))) return undefined;
  let names = 0;
  let typeNames = 0;
  for (let at = start, braces = 0; at < tokens.length; at++) {
    const { kind, text } = tokens[at];
    if (braces === 0 && text === "from" && tokens[at + 1]?.kind === "string") {
      return { specifier: textAt(at + 1), typeOnly: leadingType || (names > 0 && names === typeNames) };
    }
    if (braces === 0 && (text === "import" || text === "export")) return undefined; // the next statement
    if (kind === "word") {
      if (at > start && !["{", ","].includes(textAt(at - 1))) continue; // inside of a name's clause
      names++;
      if (text === "type" && ![",", "}", "as", "from"].includes(textAt(at + 1))) typeNames++;
    } else if (text === "{") braces++;
    else if (text === "}") braces--;
    else if (text === "*") names++;
    else if (text !== ",") return undefined;
  }
  return undefined;
}

function* tokenize(source: string): Generator<Token, void, void> {
  // What may come next, in this order; a template's text is read by hand, for it nests.
  const pattern =
    /(?<space>\s+|\/\/[^\n]*|\/\*[^]*?\*\/)|(?<word>[\p{ID_Start}$_#][\p{ID_Continue}$]*)|(?<number>\d[\w.]*)|(?<string>"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')|(?<sign>[^])/uy;
  const regex = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
  let last: Token | undefined;
  let line = 1;
  /** For each template we are inside of: how many braces are open in its current `${…}`. */
  const templates: number[] = [];
  let at = 0;

  const advance = (to: number) => {
    for (let seen = at; seen < to; seen++) if (source.charCodeAt(seen) === 10) line++;
    at = to;
  };
  /** Passes over template text. @returns whether it ended in `${`, and code follows */
  const passTemplate = (): boolean => {
    for (let to = at; to < source.length; to++) {
      if (source[to] === "\\") to++;
      else if (source[to] === "`") {
        advance(to + 1);
        return false;
      } else if (source.startsWith("${", to)) {
        advance(to + 2);
        return true;
      }
    }
    advance(source.length);
    return false;
  };

  while (at < source.length) {
    if (source[at] === "/" && !/[/*]/.test(source[at + 1] ?? "") && canBeginRegex(last)) {
      regex.lastIndex = at;
      if (regex.test(source)) {
        last = { kind: "sign", text: "/regex/", line };
        advance(regex.lastIndex);
        continue;
      }
    }
    pattern.lastIndex = at;
    const groups = pattern.exec(source)!.groups!;
    const startLine = line;
    const { space, word, number, string, sign } = groups;
    advance(pattern.lastIndex);
    if (space !== undefined) continue;
    if (string !== undefined) last = { kind: "string", text: string.slice(1, -1), line: startLine };
    else if (word !== undefined) last = { kind: "word", text: word, line: startLine };
    else last = { kind: "sign", text: number ?? sign, line: startLine };
    if (sign === "`" || (sign === "}" && templates.at(-1) === 0)) {
      if (sign === "}") templates.pop();
      if (passTemplate()) templates.push(0);
      last = { kind: "sign", text: "`", line: startLine };
    } else if (templates.length > 0 && (sign === "{" || sign === "}")) {
      templates[templates.length - 1] += sign === "{" ? 1 : -1;
    }
    yield last;
  }
}

/** Whether a slash after this token begins a regular expression; else it divides. */
function canBeginRegex(last: Token | undefined): boolean {
  if (!last) return true;
  if (last.kind === "word") return BEFORE_REGEX.has(last.text);
  return last.kind === "sign" && !/^(?:[\d)\]}`]|\/regex)/.test(last.text);
}
