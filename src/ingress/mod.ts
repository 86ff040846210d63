/** The HTTP server: verdicts for the kubelet, Prometheus' API, scrape pages and the status page. */
export { Ingress, type IngressDeps } from "./ingress.ts";
export { type Page } from "./page_route.ts";
export type { RuntimeFacts } from "./api/status_calls.ts";
export { resultMembers } from "./api/result_json.ts";
