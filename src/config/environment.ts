import { quote } from "../base/text.ts";
import { LOG_LEVELS, type LogFormat, type LogLevel } from "../base/log.ts";
import { didYouMean } from "./guess.ts";

/** Where the configuration is looked for when nothing says otherwise. */
export const DEFAULT_CONFIG_FILE_PATH = "/config/bunny.yaml";

/** Whatever has a level of its own: `<COMPONENT>_LOG_LEVEL`. */
const COMPONENTS = [
  "main",
  "config",
  "egress",
  "ingress",
  "telemetry",
  "signals",
  "store",
  "query",
] as const;
export type Component = (typeof COMPONENTS)[number];

/** What Bunny takes from its environment, OTEL_* apart. */
export interface Environment {
  readonly configFilePath: string;
  /** Absolute paths of commands that exec probes may run. `undefined`: those of the first configuration. */
  readonly execAllow: readonly string[] | undefined;
  readonly logFormat: LogFormat;
  /** Of every component that has no level of its own. */
  readonly logLevel: LogLevel;
  readonly logLevels: Readonly<Partial<Record<Component, LogLevel>>>;
  /** IANA zone for readable log lines. */
  readonly timeZone: string | undefined;
}

export interface EnvironmentResult {
  readonly environment: Environment;
  /** One sentence for each variable that made no sense; it counts as not set. To be logged. */
  readonly warnings: readonly string[];
}

/** Variables of the Go project that mean nothing here. */
const GO_ONLY = ["GOMEMLIMIT", "GOGC"];

/** Reads Bunny's own variables, OTEL_* apart. `get` answers one by name, `undefined` when it is not set. */
export function readEnvironment(get: (name: string) => string | undefined): EnvironmentResult {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const logLevels: Partial<Record<Component, LogLevel>> = {};
  for (const component of COMPONENTS) {
    const level = readLevel(`${component.toUpperCase()}_LOG_LEVEL`, get, warn);
    if (level) logLevels[component] = level;
  }
  const environment: Environment = {
    configFilePath: get("BUNNY_CONFIG_FILE_PATH") || DEFAULT_CONFIG_FILE_PATH,
    execAllow: readExecAllow(get("BUNNY_EXEC_ALLOW"), warn),
    logFormat: readFormat(get("LOG_HANDLER"), warn),
    logLevel: readLevel("LOG_LEVEL", get, warn) ?? "info",
    logLevels,
    timeZone: readTimeZone(get("TZ"), warn),
  };
  for (const name of GO_ONLY) {
    if (get(name) !== undefined) {
      warn(`${name} has no effect: limit the container's memory, retentionSizeBytes and maxSamples instead`);
    }
  }
  return { environment, warnings };
}

function readLevel(
  name: string,
  get: (name: string) => string | undefined,
  warn: (message: string) => void,
): LogLevel | undefined {
  const text = get(name);
  if (text === undefined || text === "") return undefined;
  const level = LOG_LEVELS.find((level) => level === text.toLowerCase());
  if (!level) {
    warn(
      `${name} must be ${LOG_LEVELS.join(", ")}: current value is ${quote(text)}${
        didYouMean(text, LOG_LEVELS)
      }`,
    );
  }
  return level;
}

function readFormat(text: string | undefined, warn: (message: string) => void): LogFormat {
  switch (text?.toLowerCase()) {
    case "text":
    case "console":
      return "text";
    case undefined:
    case "":
    case "json":
      return "json";
    default:
      warn(
        `LOG_HANDLER must be text, console or json: current value is ${quote(text ?? "")}, so lines are JSON`,
      );
      return "json";
  }
}

function readExecAllow(
  text: string | undefined,
  warn: (message: string) => void,
): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const paths = text.split(",").map((path) => path.trim()).filter((path) => path !== "");
  return [...new Set(paths)].filter((path) => {
    const isAbsolute = isAbsolutePath(path);
    if (!isAbsolute) {
      warn(`BUNNY_EXEC_ALLOW must hold absolute paths: ${quote(path)} is none and is left out`);
    }
    return isAbsolute;
  });
}

/** Whether a path starts at a root: `/bin/true`, or on Windows `C:\…`. */
export function isAbsolutePath(path: string): boolean {
  return path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path);
}

function readTimeZone(text: string | undefined, warn: (message: string) => void): string | undefined {
  if (text === undefined || text === "") return undefined;
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: text });
    return text;
  } catch {
    warn(`TZ must be the name of a time zone, such as UTC or Europe/Berlin: current value is ${quote(text)}`);
    return undefined;
  }
}
