import { join } from "node:path";

/** A directory of one's own, deleted with everything in it at the end of the scope: `using dir = tempDir()`. */
export function tempDir(): TempDir {
  return new TempDir(Deno.makeTempDirSync({ prefix: "bunny-test-" }));
}

export class TempDir implements Disposable {
  /** Absolute path. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Absolute path of something in the directory. */
  join(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  /** Writes a file, with the folders on its way. @returns its absolute path */
  write(relativePath: string, content: string | Uint8Array): string {
    const path = this.join(relativePath);
    Deno.mkdirSync(join(path, ".."), { recursive: true });
    Deno.writeFileSync(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    return path;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
