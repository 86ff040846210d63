import assert from "node:assert/strict";
import { ask, untilStatus, value } from "../process/bunny.ts";
import { freePort } from "../support/free_port.ts";
import { grpcHealthPeer } from "../support/grpc_health_peer.ts";
import { httpPeer } from "../support/http_peer.ts";
import { tempDir } from "../support/temp_dir.ts";
import { httpReceiver } from "../telemetry/otlp_receiver.ts";
import { canContain, Container, executable, layOut } from "./image.ts";

const binary = executable();
const ignore = !binary || !await canContain();

function yaml(port: number, http: number, grpc: number, query: string): string {
  return `
egress:
  periodMilliseconds: 200
  timeoutMilliseconds: 2000
  probes:
    - { name: web, httpGet: { port: ${http} } }
    - { name: rpc, grpc: { host: 127.0.0.1, port: ${grpc} } }
    - { name: talk, tcpSocket: { host: 127.0.0.1, port: ${http}, expect: [
        { send: { text: "HEAD / HTTP/1.0", delimiter: "\\r\\n\\r\\n" } }, { receive: { regex: "200 OK", delimiter: "\\r\\n" } } ] } }
    - { name: command, periodMilliseconds: 1000, exec: { command: [ /bunny, --version ] } }
ingress:
  httpServer:
    host: 127.0.0.1
    port: ${port}
    health: [ { path: ready, instantQuery: { query: '${query}' } } ]
telemetry:
  openTelemetry: { exporters: [ otlpmetrichttp, otlptracehttp ] }
  prometheus: { tsdbPath: /tsdb }
`;
}

Deno.test({
  name: "image: in a container without any right all probes, the store, reload, OTLP and SIGTERM work",
  ignore,
  fn: async () => {
    using dir = tempDir();
    await using web = await httpPeer();
    await using rpc = await grpcHealthPeer();
    await using receiver = await httpReceiver();
    const port = freePort();
    dir.write("config/bunny.yaml", yaml(port, web.port, rpc.port, "min(probe_success)"));
    const root = await layOut(dir, binary!);
    await using bunny = new Container(dir, {
      root,
      config: dir.join("config"),
      env: {
        LOG_HANDLER: "json",
        TMPDIR: "/",
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_METRIC_EXPORT_INTERVAL: "500",
        OTEL_BSP_SCHEDULE_DELAY: "500",
      },
      command: ["/bunny"],
    });
    await bunny.process.waitForLine(/"msg":"ready"/);

    const status = Deno.readTextFileSync(`/proc/${bunny.pid}/status`);
    assert.match(status, /^CapEff:\s+0+$/m);
    assert.match(status, /^NSpid:\s+\d+\s+1$/m);
    if (Deno.uid() === 0) assert.match(status, /^Uid:\s+1312\s/m);

    // All four kinds of probes.
    while (await value(port, "count(probe_success)") < 4) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.equal(await untilStatus(port, "ready", 200), "healthy\nthe query is 1\n");

    // What debug containers do: through /proc as the same user and group, and not with another group.
    const seen = (...user: string[]) => output([...user, "cat", `/proc/${bunny.pid}/root/config/bunny.yaml`]);
    if (Deno.uid() !== 0) assert.match(await seen(), /name: rpc/);
    else {
      assert.match(await seen("setpriv", "--reuid=1312", "--regid=1312", "--clear-groups"), /name: rpc/);
      assert.match(
        await seen("setpriv", "--reuid=1313", "--regid=1312", "--clear-groups"),
        /Permission denied/,
      );
    }

    // The store is on its volume, and nowhere else can be written.
    const internals = (await ask(port, "prom-metrics")).body;
    assert.ok(Number(/^prometheus_tsdb_wal_storage_size_bytes (\d+)$/m.exec(internals)?.[1]) > 0, internals);
    assert.deepEqual(
      [...Deno.readDirSync(root)].map(({ name }) => name).filter((name) => name.endsWith(".cache")),
      [],
    );

    // Everything measured is pushed.
    while (
      !receiver.inbox.metrics.some(({ name }) => name.startsWith("bunny.probe")) ||
      receiver.inbox.spans.length === 0
    ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }

    dir.write("config/bunny.yaml", yaml(port, web.port, rpc.port, "vector(0)"));
    await bunny.process.waitForLine(/applied the configuration/);
    assert.equal((await ask(port, "ready")).status, 503);

    Deno.kill(bunny.pid, "SIGTERM");
    assert.deepEqual({ ...await bunny.process.status }, { success: true, code: 0, signal: null });
    assert.match(bunny.process.output, /"msg":"stopped"/);
  },
});

Deno.test({
  name: "image: a start while it is built leaves what V8 made of the code, and later starts take it",
  ignore,
  fn: async () => {
    using dir = tempDir();
    dir.write("config/bunny.yaml", "{}");
    const root = await layOut(dir, binary!);
    await Deno.chmod(root, 0o777);
    const start = async (isBuild: boolean) => {
      await using check = new Container(dir, {
        root,
        config: dir.join("config"),
        env: { TMPDIR: "/", DENO_LOG: "debug" }, // Deno tells where it found the code
        command: ["/bunny", "check", "--config", "/config/bunny.yaml"],
        isBuild,
      });
      assert.equal((await check.process.status).code, 0, check.process.output);
      return check.process.output;
    };
    const loaded = /Loaded \d+ code cache entries from \/deno-compile-bunny\.cache/;
    assert.doesNotMatch(await start(true), loaded);
    const { size } = await Deno.stat(`${root}/deno-compile-bunny.cache`);
    assert.ok(size > 1_000_000, String(size));
    assert.match(await start(false), loaded);
  },
});

/** What a command says, its complaints included. */
async function output([program, ...args]: readonly string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(program, { args, env: { LC_ALL: "C" } }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}
