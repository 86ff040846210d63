import { messageOf } from "./errors.ts";

/** Severity, mildest first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Values that a log line carries beside its message. Never secrets. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A component's voice. Logging never throws and never blocks on the reader of the log. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** How lines look: one JSON object a line, or text for people. */
export type LogFormat = "json" | "text";

export interface LoggingOptions {
  readonly format: LogFormat;
  /** Level of a component that has none of its own. Default: info. */
  readonly level?: LogLevel;
  /** Levels by component, names in lower case. */
  readonly levels?: Readonly<Record<string, LogLevel>>;
  /** Takes each finished line, without a line break. */
  readonly write: (line: string) => void;
  /** Wall clock, ms since the epoch. */
  readonly wallNow: () => number;
  /** IANA zone for text lines ("UTC" by default); JSON lines are always UTC. */
  readonly timeZone?: string;
}

/** Longest line that is written; a longer one loses its end. */
const MAX_LINE_LENGTH = 8_192;

/** Makes the loggers of one process. */
export class Logging {
  readonly #options: LoggingOptions;
  readonly #textTime: Intl.DateTimeFormat | undefined;

  constructor(options: LoggingOptions) {
    this.#options = options;
    this.#textTime = options.format === "text" ? textTime(options.timeZone) : undefined;
  }

  /** The logger of one component, such as "config". */
  logger(component: string): Logger {
    const level = this.#options.levels?.[component] ?? this.#options.level ?? "info";
    const lowest = LOG_LEVELS.indexOf(level);
    const at = (index: number) => (message: string, fields?: LogFields) => {
      if (index >= lowest) this.#write(LOG_LEVELS[index], component, message, fields);
    };
    return { debug: at(0), info: at(1), warn: at(2), error: at(3) };
  }

  #write(level: LogLevel, component: string, message: string, fields: LogFields | undefined): void {
    const time = this.#options.wallNow();
    const line = this.#textTime
      ? textLine(this.#textTime.format(time), level, component, message, fields)
      : jsonLine(time, level, component, message, fields);
    try {
      this.#options.write(line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)}…` : line);
    } catch {
      // Nobody reads the log (a closed pipe, a full disk): the probes and verdicts matter more.
    }
  }
}

/** A logger that says nothing, for tests and library use. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function jsonLine(
  time: number,
  level: LogLevel,
  component: string,
  message: string,
  fields?: LogFields,
): string {
  const line = {
    time: new Date(time).toISOString(),
    level: level.toUpperCase(),
    component,
    msg: message,
    ...fields,
  };
  try {
    return JSON.stringify(line, (_key, value) => value instanceof Error ? messageOf(value) : value);
  } catch {
    return JSON.stringify({ time: line.time, level: line.level, component, msg: message });
  }
}

function textLine(
  time: string,
  level: LogLevel,
  component: string,
  message: string,
  fields?: LogFields,
): string {
  let line = `${time} ${level.toUpperCase().padEnd(5)} ${component.padEnd(9)} ${message}`;
  for (const [name, value] of Object.entries(fields ?? {})) line += ` ${name}=${textValue(value)}`;
  return line;
}

function textValue(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = value instanceof Error
    ? messageOf(value)
    : typeof value === "string"
    ? value
    : JSON.stringify(value) ?? "undefined";
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

function textTime(timeZone = "UTC"): Intl.DateTimeFormat {
  const options: Intl.DateTimeFormatOptions = {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    hourCycle: "h23",
  };
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }); // an unknown TZ is no reason to stop
  }
}
