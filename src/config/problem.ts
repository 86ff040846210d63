import { quote } from "../base/text.ts";

/** One mistake in the configuration, or one remark on it, and where it stands. */
export interface Problem {
  /** As the reader was told it; the place where a person goes to mend it. */
  readonly file: string;
  /** From 1; 0: the problem is with the file as a whole. */
  readonly line: number;
  /** From 1, in UTF-16 units; 0 with line 0. */
  readonly column: number;
  /** Such as `egress.probes[0].httpGet.port`; "" for the file as a whole. */
  readonly keyPath: string;
  /** One line. Holds no value of a header, of metadata or of a command's environment. */
  readonly message: string;
}

/** `bunny.yaml:14:9: egress.probes[0].httpGet.prot: unknown key, did you mean "port"?` */
export function formatProblem({ file, line, column, keyPath, message }: Problem): string {
  const place = line > 0 ? `${file}:${line}:${column}` : file;
  return keyPath === "" ? `${place}: ${message}` : `${place}: ${keyPath}: ${message}`;
}

/** A problem of the file as a whole. */
export function ofFile(file: string, message: string): Problem {
  return { file, line: 0, column: 0, keyPath: "", message };
}

/** Names and list indices from the top of the file downward. */
export type Path = readonly (string | number)[];

/** Writes a path as a person would: names joined by dots, indices in brackets, odd and long names quoted. */
export function formatPath(path: Path): string {
  return path.reduce<string>(joinedPath, "");
}

/** A written path, and one step more. */
export function joinedPath(path: string, step: string | number): string {
  if (typeof step === "number") return `${path}[${step}]`;
  if (!/^[A-Za-z_][A-Za-z0-9_-]{0,99}$/.test(step)) return `${path}[${quote(step)}]`;
  return path === "" ? step : `${path}.${step}`;
}
