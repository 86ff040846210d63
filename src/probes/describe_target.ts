import type { ProbeAction } from "../config/mod.ts";
import { authority } from "./net/resolver.ts";

/** Where a probe goes, for people. Queries and arguments may hold secrets: they stay out. */
export function describeTarget(action: ProbeAction): string {
  switch (action.kind) {
    case "http": {
      const { scheme, host, port, path } = action.http;
      return `${scheme.toLowerCase()}://${authority(host, port)}${path.split(/[?#]/, 1)[0]}`;
    }
    case "grpc": {
      const { host, port, service, tls } = action.grpc;
      return `${tls ? "grpcs" : "grpc"}://${authority(host, port)}${service === "" ? "" : `/${service}`}`;
    }
    case "tcp": {
      const { host, port, tls } = action.tcp;
      return `${tls ? "tls" : "tcp"}://${authority(host, port)}`;
    }
    case "exec":
      return action.exec.command[0];
  }
}
