import assert from "node:assert/strict";
import { readConfig } from "../../src/config/mod.ts";
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
      '"/healthz?',
      "Authorization",
      "^fine",
      "token",
      '"OK"',
      "/bin/job",
      "TOKEN",
    ]
  ) {
    assert.ok(shown.includes(plain), plain);
  }
});
