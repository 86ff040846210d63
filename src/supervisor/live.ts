import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger, Logging } from "../base/log.ts";
import type { Regex } from "../base/regex.ts";
import { readConfigFile } from "../config/mod.ts";
import { ExecPolicy } from "../probes/mod.ts";
import { Follower, logProblems, logWarnings } from "./follower.ts";
import { MemoryGuard, ProcessMemory } from "./memory_guard.ts";
import { memoryLimitBytes } from "./memory_limit.ts";
import { execAllowList, giveUp, permissionsToGiveUp, refusedCommands } from "./permissions.ts";
import { Requests } from "./requests.ts";
import { RestartBudget } from "./restart_budget.ts";
import { Service } from "./service.ts";
import { Signals } from "./signals.ts";
import { Mishaps, UncaughtErrors } from "./uncaught.ts";
import { keepReleasing, UnusedPages } from "./unused_pages.ts";
import { untilGone } from "./watched_process.ts";

/** Exit codes of `live`. */
export const LIVE_EXIT = { stopped: 0, failed: 1, badConfig: 2, stoppedAtOnce: 130 } as const;

/** How long a service that keeps failing may take to store and send what it has, ms. */
const FAILED_STOP_MS = 3_000;

/** A container with so much memory has room for what is read ahead. */
const SPACIOUS_BYTES = 512 * 2 ** 20;

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
  const mishaps = new Mishaps();
  const limitBytes = memoryLimitBytes();
  let trim = () => {};
  using memory = ProcessMemory.open(() => trim());
  const guard = limitBytes === undefined || !memory
    ? undefined
    : new MemoryGuard(limitBytes, memory, options.clock);
  let service: Service;
  try {
    service = await Service.start(reading.config, {
      ...options,
      execPolicy,
      mishaps,
      memoryLimitBytes: limitBytes,
      hasRoom: guard && (() => guard.hasRoom()),
    });
  } catch (error) {
    logger.error("cannot start", { error: messageOf(error) });
    return LIVE_EXIT.failed;
  }
  using _uncaught = new UncaughtErrors(logger, mishaps, () => requests.put("restart"));
  const at = (port: number) => `http://${reading.config.ingress.host}:${port}/`;
  logger.info("ready", {
    at: at(service.port),
    ...(service.healthPort === undefined ? {} : { healthAt: at(service.healthPort) }),
    probes: reading.config.egress.probes.length,
  });
  using pages = UnusedPages.open(); // before the permissions for it go
  if (pages) trim = () => pages.trim();
  const gone = await giveUp(permissionsToGiveUp(reading.config, allowed));
  logger.info("gave up permissions", {
    permissions: gone.join(",") || "none",
    programs: [...allowed].join(",") || "none",
  });
  const stopping = new AbortController();
  const isTight = limitBytes !== undefined && limitBytes < SPACIOUS_BYTES;
  const releasing = pages && keepReleasing(pages, options.clock, stopping.signal, isTight);

  const canWatchProcesses = reading.config.signals.watchedProcess !== undefined;
  const follow = () => new Follower(service, { ...options, execPolicy, canWatchProcesses });
  let follower = follow();
  follower.watch(reading.hash);
  const code = await serve();
  stopping.abort();
  await releasing;
  return code;

  /** Does what is asked for until it is to stop, or has failed too often. */
  async function serve(): Promise<number> {
    const budget = new RestartBudget();
    for (;;) {
      const request = await requests.next();
      if (request === "stop") return await stop(service, follower, requests, options);
      if (request === "reload") void follower.readAgain(); // not waited for: a stop may come meanwhile
      else if (await restart(service, budget, options)) {
        void follower.close(); // not waited for: it may be what broke
        follower = follow();
        void follower.readAgain();
        mishaps.restarted();
        requests.drop("restart"); // the old parts' last words
      } else return LIVE_EXIT.failed;
    }
  }
}

/** @returns whether the service runs again; else it has been stopped */
async function restart(
  service: Service,
  budget: RestartBudget,
  { clock, logging }: LiveOptions,
): Promise<boolean> {
  const logger = logging.logger("main");
  const waitMs = budget.take(clock.now());
  if (waitMs === undefined) {
    logger.error("too many errors that nobody caught: ending");
  } else {
    await clock.sleepUntil(clock.now() + waitMs);
    try {
      await service.restart();
      logger.warn("restarted all but the store after an error that nobody caught");
      return true;
    } catch (error) {
      logger.error("cannot restart: ending", { error: messageOf(error) });
    }
  }
  await service.stop(FAILED_STOP_MS);
  return false;
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
    for (let request = await requests.next(); request !== "stop"; request = await requests.next()) {
      if (request === "reload") void follower.readAgain();
    }
    hurry.abort();
  })();
  const orderly = (async () => {
    if (!await watchedProcessEnded(service.config.signals.watchedProcess, clock, hurry.signal, logger)) {
      return;
    }
    void follower.close(); // takes nothing over from here on; what it has begun, the stop waits for within its limit
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
