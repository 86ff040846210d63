/** Disks give space in blocks of this many bytes: what a file takes up is a multiple of it. */
const DISK_BLOCK_BYTES = 4_096;

/** Writes all of it, however short the single writes fall: on a full disk the first is short, the next throws. */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(at === 0 ? bytes : bytes.subarray(at));
}

/** Reads `length` bytes from `offset` on. @returns fewer where the file ends before */
export function readAt(file: Deno.FsFile, offset: number, length: number, into?: Uint8Array): Uint8Array {
  const bytes = into ? into.subarray(0, length) : new Uint8Array(length);
  file.seekSync(offset, Deno.SeekMode.Start);
  let at = 0;
  while (at < length) {
    const read = file.readSync(bytes.subarray(at));
    if (read === null || read === 0) break;
    at += read;
  }
  return bytes.subarray(0, at);
}

/**
 * Makes sure that what was created, renamed or removed in a directory stays so after a loss of power. Windows opens no
 * directory as a file; its file system keeps a journal of such changes.
 */
export async function syncDir(path: string, os: typeof Deno.build.os = Deno.build.os): Promise<void> {
  if (os === "windows") return;
  using dir = await Deno.open(path, { read: true });
  await dir.sync();
}

/** Removes a file or a directory with all that is in it; nothing there is no error. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** What a directory takes up on disk, itself and all below it; what vanishes meanwhile counts nothing. */
export function diskBytes(path: string): number {
  let bytes = DISK_BLOCK_BYTES;
  for (const entry of listDir(path)) {
    const child = `${path}/${entry.name}`;
    bytes += entry.isDirectory ? diskBytes(child) : onDisk(sizeOf(child));
  }
  return bytes;
}

/** What a file of this size takes up. */
function onDisk(sizeBytes: number): number {
  return Math.ceil(sizeBytes / DISK_BLOCK_BYTES) * DISK_BLOCK_BYTES;
}

/** A directory's entries; none where there is no directory. */
export function listDir(path: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(path)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.lstatSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
