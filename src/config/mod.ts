/** Configuration: what it looks like, reading it from YAML, watching its file, and the environment beside it. */
export * from "./config.ts";
export {
  DEFAULT_CONFIG_FILE_PATH,
  type Environment,
  type EnvironmentResult,
  readEnvironment,
} from "./environment.ts";
export { fingerprint } from "./fingerprint.ts";
export { formatProblem, type Problem } from "./problem.ts";
export { readConfig, type ReadResult } from "./read.ts";
export { type FileReading, readConfigFile, rereadConfigFile } from "./read_file.ts";
export { watchConfig, type WatchOptions } from "./watch.ts";
export { isReservedHeader, isReservedMetadata } from "./reserved_headers.ts";
