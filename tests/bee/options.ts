import { parseArgs } from "node:util";
import { SystemClock } from "../../src/base/clock.ts";
import { type BeeOptions, DEFAULT_PORTS } from "./bee.ts";
import { DEFAULT_WAVE } from "./wave.ts";

export const USAGE =
  `Bee: an app to probe. Latency and health follow a sine wave; the top fifth of it is unhealthy.

  --host ADDRESS       address to bind                          127.0.0.1
  --health-port PORT   HTTP /healthz and /queue                 ${DEFAULT_PORTS.health}
  --hello-port PORT    HTTP /hello                              ${DEFAULT_PORTS.hello}
  --tcp-port PORT      conversation: hello, how're ya now?      ${DEFAULT_PORTS.tcp}
  --grpc-port PORT     gRPC health, services "" and "health"    ${DEFAULT_PORTS.grpc}
  --period-ms MS       one wave                                 ${DEFAULT_WAVE.periodMs}
  --max-delay-ms MS    /healthz's delay at the crest            ${DEFAULT_WAVE.maxDelayMs}
`;

/**
 * Reads options, and for those not given the environment: `--period-ms` is `BEE_PERIOD_MS`.
 * @throws with a message for the user when one makes no sense
 */
export function readOptions(args: string[], env: (name: string) => string | undefined): BeeOptions | "help" {
  const option = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      "help": { type: "boolean", short: "h" },
      "host": option,
      "health-port": option,
      "hello-port": option,
      "tcp-port": option,
      "grpc-port": option,
      "period-ms": option,
      "max-delay-ms": option,
    },
  });
  if (values.help) return "help";
  const number = (
    name: Exclude<keyof typeof values, "help" | "host">,
    fallback: number,
    min: number,
    max: number,
  ) => {
    const text = values[name] ?? env(`BEE_${name.toUpperCase().replaceAll("-", "_")}`) ?? String(fallback);
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value) || value < min || value > max) {
      throw new Error(`--${name} must be a whole number from ${min} to ${max}: current value is "${text}"`);
    }
    return value;
  };
  const port = (name: "health-port" | "hello-port" | "tcp-port" | "grpc-port", fallback: number) =>
    number(name, fallback, 0, 65_535);
  return {
    clock: new SystemClock(),
    host: values.host ?? env("BEE_HOST") ?? "127.0.0.1",
    ports: {
      health: port("health-port", DEFAULT_PORTS.health),
      hello: port("hello-port", DEFAULT_PORTS.hello),
      tcp: port("tcp-port", DEFAULT_PORTS.tcp),
      grpc: port("grpc-port", DEFAULT_PORTS.grpc),
    },
    wave: {
      periodMs: number("period-ms", DEFAULT_WAVE.periodMs, 1, 86_400_000),
      maxDelayMs: number("max-delay-ms", DEFAULT_WAVE.maxDelayMs, 0, 60_000),
    },
  };
}
