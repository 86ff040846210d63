import { V8_FLAGS } from "../../deploy/build.ts";

const LASTING = V8_FLAGS.filter((flag) => flag !== "--no-lazy");

/** Those of the executable's settings for V8 that bear on how it runs once it has started, as `--v8-flags` takes them. */
export const SHIPPED_V8_FLAGS = LASTING.join(",");

/** The same without the heap's limit, for what holds more than Bunny does. */
export const ROOMY_V8_FLAGS = LASTING.filter((flag) => !flag.startsWith("--max-old-space-size=")).join(",");
