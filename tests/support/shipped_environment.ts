/**
 * What the image and the unit tell Bunny's runtime by its environment, besides where it may keep compiled code: that all
 * threads share one arena of malloc, and that tokio asks the system what is ready after each of its tasks. By default
 * it does after 61, and while V8 collects garbage those are many: beside costly requests 99 of 100 verdicts then take up to
 * 14 to 25 ms instead of 7 to 10.
 */
export const SHIPPED_ENVIRONMENT = { MALLOC_ARENA_MAX: "1", DENO_TOKIO_EVENT_INTERVAL: "1" } as const;
