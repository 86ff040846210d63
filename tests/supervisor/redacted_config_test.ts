import assert from "node:assert/strict";
import { fingerprint, readConfig } from "../../src/config/mod.ts";
import { redactedConfig } from "../../src/supervisor/redacted_config.ts";

/** Every place of a configuration that may hold a secret holds one. */
const TEXT = `
egress:
  probes:
    - name: web
      httpGet:
        host: web.internal
        port: 8080
        path: /healthz?token=s3cret
        httpHeaders: [ { name: Authorization, value: s3cret }, { name: Cookie, value: [a=s3cret, b=s3cret] } ]
        body: { matches: ^fine }
    - name: rpc
      grpc: { port: 1, metadata: [ { name: token, value: s3cret } ] }
    - name: cache
      tcpSocket:
        port: 6379
        expect: [ { send: { text: AUTH s3cret, delimiter: "\\r\\n" } }, { receive: { regex: OK, delimiter: "\\r\\n" } } ]
    - name: job
      exec: { command: [ /bin/job, --token, s3cret ], env: [ { name: TOKEN, value: s3cret } ] }
`;

Deno.test("the configuration that is shown has every value but the secret ones", () => {
  const reading = readConfig(TEXT, "test.yaml");
  assert.ok(reading.kind === "ok", JSON.stringify(reading));
  const shown = redactedConfig(reading.config);
  assert.doesNotMatch(shown, /s3cret/);
  for (
    const plain of [
      "web.internal",
      "path: /healthz?<query>",
      "Authorization",
      "^fine",
      "token",
      "regex: OK",
      'delimiter: "\\r\\n"',
      "/bin/job",
      "TOKEN",
    ]
  ) {
    assert.ok(shown.includes(plain), plain);
  }
});

Deno.test("the configuration that is shown is a configuration file: the same one, but for its secrets", async () => {
  for (const text of ["{}", TEXT, await Deno.readTextFile("bunny.example.yaml")]) {
    const reading = readConfig(text, "test.yaml");
    assert.ok(reading.kind === "ok", JSON.stringify(reading));
    const again = readConfig(redactedConfig(reading.config), "shown.yaml");
    assert.ok(again.kind === "ok", JSON.stringify(again));
    const meaning = [reading, again].map(({ config: { ingress, signals, telemetry, reload, egress } }) => ({
      ...{ ingress, signals, telemetry, reload },
      probes: egress.probes.map(({ action: _, ...probe }) => probe),
    }));
    assert.equal(fingerprint(meaning[1]), fingerprint(meaning[0]));
  }
});

Deno.test("the configuration that is shown tells what the defaults come to", () => {
  const reading = readConfig(
    "egress: { probes: [ { name: a, grpc: { port: 1 }, periodMilliseconds: 4000 } ] }",
    "a",
  );
  assert.ok(reading.kind === "ok", JSON.stringify(reading));
  const shown = redactedConfig(reading.config);
  assert.match(shown, /^ {2}periodMilliseconds: 1000$/m);
  assert.match(shown, /^ +lookbackDeltaMilliseconds: 12000$/m);
  assert.match(shown, /^ {4}readTimeoutMilliseconds: 5000$/m);
});
