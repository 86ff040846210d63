/** How many files and sockets a process holds open (Linux only). */
export function openFiles(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** Waits until a number has come down to a mark. @returns the number then, or when the time is over */
export async function settled(read: () => number, mark: number, limitMs: number): Promise<number> {
  const giveUpAt = performance.now() + limitMs;
  while (read() > mark && performance.now() < giveUpAt) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return read();
}
