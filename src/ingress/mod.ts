export { Ingress, type IngressDeps, type Page } from "./ingress.ts";
export type { RuntimeFacts } from "./api/status_calls.ts";
