export { live, LIVE_EXIT, type LiveOptions } from "./live.ts";
