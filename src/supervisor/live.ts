import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger, Logging } from "../base/log.ts";
import type { Regex } from "../base/regex.ts";
import {
  type Config,
  type FileReading,
  formatProblem,
  type Problem,
  readConfigFile,
  watchConfig,
} from "../config/mod.ts";
import { ExecPolicy } from "../probes/mod.ts";
import { execAllowList, giveUp, permissionsToGiveUp, refusedCommands } from "./permissions.ts";
import { Service } from "./service.ts";
import { type SignalRequest, Signals } from "./signals.ts";
import { untilGone } from "./watched_process.ts";

/** Exit codes of `live`. */
export const LIVE_EXIT = { stopped: 0, failed: 1, badConfig: 2, stoppedAtOnce: 130 } as const;

export interface LiveOptions {
  readonly configPath: string;
  readonly clock: Clock;
  readonly logging: Logging;
  readonly environment: Readonly<Record<string, string>>;
  /** BUNNY_EXEC_ALLOW, split; `undefined`: not set. */
  readonly execAllow: readonly string[] | undefined;
}

/**
 * The whole life of the process: read, start, follow the file and the signals, stop.
 * @returns the exit code
 */
export async function live(options: LiveOptions): Promise<number> {
  const { logging, configPath } = options;
  const logger = logging.logger("main");
  const reading = await readConfigFile(configPath);
  const configLogger = logging.logger("config");
  if (reading.kind === "problems") {
    logProblems(configLogger, reading.problems);
    return LIVE_EXIT.badConfig;
  }
  logWarnings(configLogger, reading.warnings);
  const allowed = execAllowList(options.execAllow, reading.config);
  const execPolicy = new ExecPolicy(allowed);
  const refused = refusedCommands(reading.config, execPolicy);
  if (refused.length > 0) {
    for (const reason of refused) configLogger.error(reason);
    return LIVE_EXIT.badConfig;
  }

  const requests = new Requests();
  using _signals = new Signals((request, signal) => {
    logging.logger("signals").info("signal", { signal, request });
    requests.put(request);
  });
  let service: Service;
  try {
    service = await Service.start(reading.config, { ...options, execPolicy });
  } catch (error) {
    logger.error("cannot start", { error: messageOf(error) });
    return LIVE_EXIT.failed;
  }
  const { host } = reading.config.ingress;
  logger.info("ready", {
    at: `http://${host}:${service.port}/`,
    probes: reading.config.egress.probes.length,
  });
  const gone = await giveUp(permissionsToGiveUp(reading.config, allowed));
  logger.info("gave up permissions", {
    permissions: gone.join(",") || "none",
    programs: [...allowed].join(",") || "none",
  });

  const canWatchProcesses = reading.config.signals.watchedProcess !== undefined;
  const follower = new Follower(service, { ...options, execPolicy, canWatchProcesses });
  follower.watch(reading.hash);
  while (await requests.next() === "reload") await follower.readAgain();
  return await stop(service, follower, requests, options);
}

/** Ends all in order or, at a second signal, returns at once: the process' end clears up then. */
async function stop(
  service: Service,
  follower: Follower,
  requests: Requests,
  { clock, logging }: LiveOptions,
): Promise<number> {
  const logger = logging.logger("signals");
  const hurry = new AbortController();
  const again = (async () => {
    while (await requests.next() === "reload") void follower.readAgain();
    hurry.abort();
  })();
  const orderly = (async () => {
    if (!await watchedProcessEnded(service.config.signals.watchedProcess, clock, hurry.signal, logger)) {
      return;
    }
    await follower.close();
    await service.stop(service.config.signals.shutdownTimeoutMs);
  })().catch((error) => logger.error("the stop failed", { error: messageOf(error) }));
  await Promise.race([orderly, again]);
  if (hurry.signal.aborted) {
    logger.warn("second signal: ending at once");
    return LIVE_EXIT.stoppedAtOnce;
  }
  logger.info("stopped");
  return LIVE_EXIT.stopped;
}

/** Resolves to `false` when `hurry` ends the wait. What can't be watched is not waited for. */
async function watchedProcessEnded(
  pattern: Regex | undefined,
  clock: Clock,
  hurry: AbortSignal,
  logger: Logger,
): Promise<boolean> {
  if (!pattern) return true;
  logger.info("waiting for the watched process to end", { pattern: pattern.source });
  try {
    return await untilGone(pattern, clock, hurry);
  } catch (error) {
    logger.error("processes can't be watched: stopping now", { error: messageOf(error) });
    return true;
  }
}

/** What the signals ask for, in order. */
class Requests {
  #waiting: SignalRequest[] = [];
  #wake = Promise.withResolvers<void>();

  put(request: SignalRequest): void {
    // Reloads asked for twice are one reload; stops count, for the second one is in a hurry.
    if (request === "reload" && this.#waiting.at(-1) === "reload") return;
    if (this.#waiting.length < 100) this.#waiting.push(request);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  async next(): Promise<SignalRequest> {
    while (this.#waiting.length === 0) await this.#wake.promise;
    return this.#waiting.shift()!;
  }
}

interface FollowerOptions extends LiveOptions {
  readonly execPolicy: ExecPolicy;
  /** Whether the permissions that it takes are still there. */
  readonly canWatchProcesses: boolean;
}

/** Takes what the configuration file says now to the service. */
class Follower {
  readonly #service: Service;
  readonly #options: FollowerOptions;
  readonly #logger: Logger;
  /** Ends the watch that runs. */
  #stopping = new AbortController();
  #watching: Promise<void> = Promise.resolve();
  /** The last of those that want to change the watch. */
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(service: Service, options: FollowerOptions) {
    this.#service = service;
    this.#options = options;
    this.#logger = options.logging.logger("config");
  }

  /** Follows the file until closed. `knownHash`: of the reading that runs. */
  watch(knownHash: string): void {
    if (this.#closed) return;
    const { configPath, clock } = this.#options;
    this.#stopping = new AbortController();
    this.#watching = watchConfig({
      path: configPath,
      clock,
      signal: this.#stopping.signal,
      logger: this.#logger,
      knownHash,
      onChange: (reading) => this.#take(reading),
    });
  }

  /** Reads the file now, whether it has changed or not, and follows it from there. Never rejects. */
  readAgain(): Promise<void> {
    return this.#turn = this.#turn.then(async () => {
      await this.#endWatch();
      const reading = await readConfigFile(this.#options.configPath);
      await this.#take(reading);
      this.watch(reading.hash);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#turn;
    await this.#endWatch();
  }

  async #endWatch(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  async #take(reading: FileReading): Promise<void> {
    if (reading.kind === "problems") {
      logProblems(this.#logger, reading.problems);
      return this.#refuse();
    }
    logWarnings(this.#logger, reading.warnings);
    const refused = refusedCommands(reading.config, this.#options.execPolicy);
    for (const reason of refused) this.#logger.error(reason);
    if (refused.length > 0) return this.#refuse();
    await this.#apply(reading.config);
  }

  async #apply(config: Config): Promise<void> {
    const applied = await this.#service.apply(config);
    if (applied.kind === "refused") {
      for (const reason of applied.reasons) this.#logger.error("cannot apply the configuration", { reason });
      return this.#refuse();
    }
    this.#service.reloaded(true);
    if (config.signals.watchedProcess && !this.#options.canWatchProcesses) {
      this.#logger.warn(
        "signals.watchedProcessCommandLineRegEx: the permissions that watching takes were given up at the start, " +
          "so it takes effect at the next one",
      );
    }
    this.#logger.info("applied the configuration", {
      probes: config.egress.probes.length,
      endpoints: config.ingress.health.length,
    });
  }

  #refuse(): void {
    this.#service.reloaded(false);
    this.#logger.warn("the configuration that ran before stays in force");
  }
}

function logProblems(logger: Logger, problems: readonly Problem[]): void {
  for (const problem of problems) logger.error(formatProblem(problem));
}

function logWarnings(logger: Logger, warnings: readonly Problem[]): void {
  for (const warning of warnings) logger.warn(formatProblem(warning));
}
