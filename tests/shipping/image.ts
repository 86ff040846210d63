import { dirname } from "node:path";
import { RunningProcess } from "../support/process_runner.ts";
import type { TempDir } from "../support/temp_dir.ts";

/** The user that the image says. */
const USER = "1312";

/** The executable to put into an image: what BUNNY_BINARY names. `undefined`: none. */
export function executable(): string | undefined {
  const path = Deno.env.get("BUNNY_BINARY");
  return path ? Deno.realPathSync(path) : undefined;
}

/** Whether bubblewrap is here and may make the namespaces that we need. */
export async function canContain(): Promise<boolean> {
  try {
    const [program, ...args] = asUser(["bwrap", ...NAMESPACES, "--ro-bind", "/", "/", "true"]);
    return (await new Deno.Command(program, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

/** As a container has it: processes, IPC and host name of its own, a user without any capability. */
const NAMESPACES = [
  "--unshare-user",
  ...["--uid", USER, "--gid", USER],
  "--unshare-pid",
  "--as-pid-1",
  "--unshare-ipc",
  "--unshare-uts",
  ...["--hostname", "bunny"],
  "--die-with-parent",
  "--new-session",
  "--clearenv",
];

/** Outside of its namespace, too, the process is nobody special. */
function asUser(command: readonly string[]): string[] {
  if (Deno.uid() !== 0) return [...command];
  return ["setpriv", `--reuid=${USER}`, `--regid=${USER}`, "--clear-groups", "--no-new-privs", ...command];
}

/**
 * Lays out what the image has: the executable, the shared libraries that it names with their loader, and the few files
 * of /etc that the base brings or a container runtime mounts. @returns the root's path
 */
export async function layOut(dir: TempDir, binary: string): Promise<string> {
  const copy = async (from: string, to: string) => {
    await Deno.mkdir(dir.join(`root${dirname(to)}`), { recursive: true });
    await Deno.copyFile(from, dir.join(`root${to}`));
  };
  await copy(binary, "/bunny");
  for (const library of await librariesOf(binary)) await copy(library, library);
  dir.write(
    "root/etc/passwd",
    "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n",
  );
  dir.write("root/etc/group", "root:x:0:\nnonroot:x:65532:\n");
  dir.write("root/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n");
  dir.write("root/etc/nsswitch.conf", "hosts: files dns\n");
  for (const mountPoint of ["proc", "dev", "config", "tsdb"]) await Deno.mkdir(dir.join("root", mountPoint));
  await Deno.chmod(dir.path, 0o755);
  return dir.join("root");
}

/** Absolute paths, the loader among them. */
async function librariesOf(binary: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("ldd", { args: [binary] }).output();
  return [...new TextDecoder().decode(stdout).matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path);
}

export interface ContainerOptions {
  /** The image's root directory. */
  readonly root: string;
  /** A directory that is mounted at /config, read-only. */
  readonly config: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  /** While an image is built: its root can be written. */
  readonly isBuild?: boolean;
}

/** A process in its container. */
export class Container implements AsyncDisposable {
  readonly process: RunningProcess;
  readonly #infoPath: string;

  constructor(dir: TempDir, { root, config, env = {}, command, isBuild = false }: ContainerOptions) {
    this.#infoPath = dir.join(`info-${crypto.randomUUID()}`);
    Deno.writeTextFileSync(this.#infoPath, "");
    const bwrap = asUser([
      "bwrap",
      ...NAMESPACES,
      ...["--info-fd", "3"],
      ...[isBuild ? "--bind" : "--ro-bind", root, "/"],
      ...["--proc", "/proc", "--dev", "/dev"],
      ...["--ro-bind", config, "/config", "--perms", "0700", "--tmpfs", "/tsdb"],
      ...Object.entries(env).flatMap(([name, value]) => ["--setenv", name, value]),
      ...["--", ...command],
    ]);
    this.process = new RunningProcess({
      command: ["/bin/sh", "-c", 'info=$1; shift; exec "$@" 3>"$info"', "sh", this.#infoPath, ...bwrap],
    });
  }

  /** The process' number outside of the container. It must have said something by now. */
  get pid(): number {
    return JSON.parse(Deno.readTextFileSync(this.#infoPath))["child-pid"];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.process[Symbol.asyncDispose]();
  }
}
