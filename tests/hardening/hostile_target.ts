import { fileURLToPath } from "node:url";
import { denoProcess, type RunningProcess } from "../support/process_runner.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { tlsFixturePath } from "../support/tls_fixtures.ts";
import type { Behaviour } from "./hostile_kinds.ts";
import { HOSTILE_EXEC } from "./hostile_exec.ts";
import type { Order, Ports } from "./hostile_target_main.ts";
import { writeAll } from "./raw_client.ts";

/** In the environment of every command, so that those who stay behind are found. */
const MARK = "BUNNY_HOSTILE_COMMAND";

/** The target that `hostile_target_main.ts` plays, and the command that an exec probe runs. */
export class HostileTarget implements AsyncDisposable {
  readonly #process: RunningProcess;
  readonly #ports: Ports;
  readonly #control: Deno.TcpConn;
  readonly #dir: TempDir;
  readonly #mark = `${MARK}=${crypto.randomUUID()}`;

  private constructor(process: RunningProcess, ports: Ports, control: Deno.TcpConn) {
    this.#process = process;
    this.#ports = ports;
    this.#control = control;
    this.#dir = tempDir();
  }

  static async start(): Promise<HostileTarget> {
    const main = fileURLToPath(new URL("hostile_target_main.ts", import.meta.url));
    const process = denoProcess(["run", "-A", "--no-check", main]);
    const ports: Ports = JSON.parse(await process.waitForLine(/^\{/));
    const control = await Deno.connect({ hostname: "127.0.0.1", port: ports.control });
    const target = new HostileTarget(process, ports, control);
    await target.calm();
    return target;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Everything that the target's process has said. */
  get output(): string {
    return this.#process.output;
  }

  /** Probes of every kind, ten times a second: some with no patience, some with much. */
  probes(): string[] {
    const { http, h2c, https, grpc, grpcs, tcp, tcps } = this.#ports;
    const pingPong =
      `expect: [{ send: { text: ping, delimiter: "\\n" } }, { receive: { regex: "(?i)^pong$", delimiter: "\\r\\n" } }]`;
    const verified = `tls: { verify: true, ca: ${JSON.stringify(tlsFixturePath("authority.pem"))} }`;
    const expected = "headers: { x-ready: yes }, body: { matches: ready }";
    const [name, value] = this.#mark.split("=");
    const command = `[/bin/sh, ${JSON.stringify(this.#dir.join("play.sh"))}]`;
    const actions: Readonly<Record<string, string>> = {
      http: `httpGet: { host: 127.0.0.1, port: ${http} }`,
      "http expecting": `httpGet: { host: 127.0.0.1, port: ${http}, ${expected} }`,
      https: `httpGet: { host: 127.0.0.1, port: ${https}, scheme: HTTPS }`,
      "https verified": `httpGet: { host: 127.0.0.1, port: ${https}, scheme: HTTPS, ${verified} }`,
      h2c: `httpGet: { host: 127.0.0.1, port: ${h2c}, protocol: h2c, ${expected} }`,
      grpc: `grpc: { host: 127.0.0.1, port: ${grpc} }`,
      grpcs: `grpc: { host: 127.0.0.1, port: ${grpcs}, tls: {} }`,
      tcp: `tcpSocket: { host: 127.0.0.1, port: ${tcp}, ${pingPong} }`,
      tcps: `tcpSocket: { host: 127.0.0.1, port: ${tcps}, tls: {}, ${pingPong} }`,
      exec: `exec: { command: ${command}, env: [{ name: ${name}, value: ${value} }] }`,
    };
    const quick = Object.entries(actions).map(([name, action]) =>
      `{ name: ${name}, timeoutMilliseconds: ${QUICK_TIMEOUT_MS}, ${action} }`
    );
    const patient = PATIENT.map((name) =>
      `{ name: ${name} patiently, timeoutMilliseconds: ${PATIENT_TIMEOUT_MS}, ${actions[name]} }`
    );
    return [...quick, ...patient];
  }

  /** Is in order from now on. */
  async calm(): Promise<void> {
    this.#command("exit 0");
    await this.#order({ play: "calm" });
  }

  async play({ stage, name }: Behaviour): Promise<void> {
    if (stage !== "exec") return await this.#order({ play: "one", stage, name });
    this.#command(HOSTILE_EXEC.find((row) => row.name === name)!.script);
  }

  async storm(seed: number): Promise<void> {
    await this.#order({ play: "storm", seed });
  }

  /** Has this done by every command that begins from now on. */
  command(number: number): void {
    this.#command(HOSTILE_EXEC[number % HOSTILE_EXEC.length].script);
  }

  /** Processes that commands have left behind. */
  survivors(): number {
    let count = 0;
    for (const { name } of Deno.readDirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      try {
        if (Deno.readTextFileSync(`/proc/${name}/environ`).split("\0").includes(this.#mark)) count++;
      } catch {
        // gone, or not ours
      }
    }
    return count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#control.close();
    await this.#process[Symbol.asyncDispose]();
    this.#dir[Symbol.dispose]();
  }

  #command(script: string): void {
    Deno.renameSync(this.#dir.write("next.sh", `${script}\n`), this.#dir.join("play.sh"));
  }

  async #order(order: Order): Promise<void> {
    await writeAll(this.#control, new TextEncoder().encode(`${JSON.stringify(order)}\n`));
    const buffer = new Uint8Array(100);
    if (await this.#control.read(buffer) === null) throw new Error(`the target has gone:\n${this.output}`);
  }
}

export const QUICK_TIMEOUT_MS = 95;
const PATIENT_TIMEOUT_MS = 1_000;
const PATIENT = ["http expecting", "h2c", "grpcs", "tcp", "exec"];
