export { type Family, MeterRegistry, type MeterRegistryOptions, type MeterStats } from "./meter.ts";
