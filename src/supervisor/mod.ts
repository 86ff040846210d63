/** The running service: everything put together, restarted and reloaded. */
export { live, LIVE_EXIT, type LiveOptions } from "./live.ts";
export { execAllowList, refusedCommands } from "./permissions.ts";
