/** Holds a directory for this process: `lock`, locked as Prometheus locks it, so that neither disturbs the other. */
export class DirLock {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** @returns undefined when another process holds it; throws what opening the file throws */
  static tryAcquire(dir: string): DirLock | undefined {
    const file = Deno.openSync(`${dir}/lock`, { write: true, create: true });
    try {
      if (file.tryLockSync(true)) return new DirLock(file);
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
    return undefined;
  }

  /**
   * The file stays: removing it would let two processes lock two files of that name. Unlocks before it closes: a process
   * that another thread is just starting has the file open too until it runs its program, and the lock would live on in it.
   */
  release(): void {
    try {
      this.#file.unlockSync();
    } finally {
      this.#file.close();
    }
  }
}
