import { percentDecoded } from "../base/text.ts";
import type { OtelValues } from "./otel_value.ts";

export type Signal = "traces" | "metrics";

/** Where one signal's exporter sends to, and how. */
export interface Endpoint {
  readonly protocol: "http/protobuf" | "http/json" | "grpc";
  /** Whole address for HTTP; for gRPC only scheme, host and port count. Without user and password. */
  readonly url: string;
  /** Names in lower case. Secrets: never to be shown. */
  readonly headers: Readonly<Record<string, string>>;
  /** One attempt's limit. */
  readonly timeoutMs: number;
  readonly compression: "none" | "gzip";
  /** Paths of PEM files. */
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** Reads OTEL_EXPORTER_OTLP_* for one signal: its own variables come before the general ones. */
export function readEndpoint(values: OtelValues, signal: Signal, transport: "http" | "grpc"): Endpoint {
  const general = (suffix: string) => `OTEL_EXPORTER_OTLP_${suffix}`;
  const own = (suffix: string) => general(`${signal.toUpperCase()}_${suffix}`);
  const either = <Value>(suffix: string, read: (name: string) => Value | undefined) =>
    read(own(suffix)) ?? read(general(suffix));
  const text = (suffix: string) => either(suffix, (name) => values.text(name));
  const { url, headers } = transport === "http"
    ? httpAddress(values, signal, own("ENDPOINT"), general("ENDPOINT"))
    : either("ENDPOINT", (name) => grpcAddress(values, name, text("INSECURE")?.toLowerCase() === "true")) ??
      { url: "http://localhost:4317/", headers: {} };
  return {
    protocol: transport === "grpc"
      ? "grpc"
      : httpProtocol(either("PROTOCOL", (name) => protocol(values, name))),
    url,
    headers: { ...headers, ...headersOf(values, general("HEADERS")), ...headersOf(values, own("HEADERS")) },
    timeoutMs: either("TIMEOUT", (name) => values.count(name, 1)) ?? DEFAULT_TIMEOUT_MS,
    compression: either("COMPRESSION", (name) => values.oneOf(name, ["gzip", "none"])) ?? "none",
    caFile: text("CERTIFICATE"),
    ...clientFiles(values, text("CLIENT_CERTIFICATE"), text("CLIENT_KEY")),
  };
}

interface Address {
  readonly url: string;
  /** From user and password in the address. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A signal's own endpoint is used as it is; the general one is a base that the signal's path is added to. */
function httpAddress(values: OtelValues, signal: Signal, own: string, general: string): Address {
  const path = `v1/${signal}`;
  for (const name of [own, general]) {
    const text = values.text(name);
    if (text === undefined) continue;
    const url = parsed(text);
    if (!url) {
      values.problem(name, "expected an address such as http://collector:4318");
      continue;
    }
    if (name === general) url.pathname += url.pathname.endsWith("/") ? path : `/${path}`;
    return withoutUser(url);
  }
  return { url: `http://localhost:4318/${path}`, headers: {} };
}

/** Without a scheme it is host and port, with TLS unless OTEL_EXPORTER_OTLP_INSECURE says otherwise. */
function grpcAddress(values: OtelValues, name: string, insecure: boolean): Address | undefined {
  const text = values.text(name);
  if (text === undefined) return undefined;
  const url = parsed(text.includes("://") ? text : `${insecure ? "http" : "https"}://${text}`);
  if (url) return withoutUser(url);
  values.problem(name, "expected an address such as http://collector:4317");
  return undefined;
}

function parsed(text: string): URL | undefined {
  const url = URL.parse(text);
  return url && /^https?:$/.test(url.protocol) && url.hostname !== "" ? url : undefined;
}

function withoutUser(url: URL): Address {
  const { username, password } = url;
  url.username = url.password = "";
  if (username === "" && password === "") return { url: url.href, headers: {} };
  const plain = [username, password].map((text) => percentDecoded(text) ?? text);
  const bytes = new TextEncoder().encode(plain.join(":"));
  return { url: url.href, headers: { authorization: `Basic ${bytes.toBase64()}` } };
}

function protocol(values: OtelValues, name: string) {
  return values.oneOf(name, ["http/protobuf", "http/json", "grpc"]);
}

/** An exporter's name says HTTP or gRPC; the variable only chooses between HTTP's two encodings. */
function httpProtocol(asked: "http/protobuf" | "http/json" | "grpc" | undefined) {
  return asked === "http/json" ? "http/json" : "http/protobuf";
}

/** Half of a pair is no identity: both or none. */
function clientFiles(
  values: OtelValues,
  certFile: string | undefined,
  keyFile: string | undefined,
): Pick<Endpoint, "certFile" | "keyFile"> {
  if ((certFile === undefined) === (keyFile === undefined)) return { certFile, keyFile };
  const names = ["OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY"];
  const [given, missing] = certFile === undefined ? names.toReversed() : names;
  values.problem(given, `it needs ${missing} beside it`);
  return { certFile: undefined, keyFile: undefined };
}

function headersOf(values: OtelValues, name: string): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [key, value] of Object.entries(values.pairs(name) ?? {})) {
    if (isHeader(key, value)) headers[key.toLowerCase()] = value;
    else values.problem(name, "one of its pairs can't be a header; the others are sent");
  }
  return headers;
}

function isHeader(name: string, value: string): boolean {
  try {
    new Headers({ [name]: value });
    return true;
  } catch {
    return false;
  }
}
