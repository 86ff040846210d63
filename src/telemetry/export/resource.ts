import { SDK_INFO } from "@opentelemetry/core";
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import { VERSION } from "../../model/version.ts";
import type { OtelEnvironment } from "../otel_environment.ts";

/**
 * Who speaks. What is nearer to the Pod wins: the configuration's attributes are shared by a fleet,
 * OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME are set for one workload. Without `service.instance.id` the replicas'
 * series would be taken for one.
 */
export function makeResource(
  configured: Readonly<Record<string, string>>,
  environment: OtelEnvironment,
  fallbackInstance: string,
): Resource {
  const { resourceAttributes, serviceName, hostName } = environment;
  return resourceFromAttributes({
    "service.name": "bunny",
    "service.version": VERSION,
    "service.instance.id": hostName ?? fallbackInstance,
    ...SDK_INFO,
    "process.runtime.name": "deno",
    "process.runtime.version": Deno.version.deno,
    ...configured,
    ...resourceAttributes,
    ...(serviceName === undefined ? {} : { "service.name": serviceName }),
  });
}
