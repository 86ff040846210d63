export { Ingress, type IngressDeps, type Page } from "./ingress.ts";
