/** What Bunny measures and traces: the meter, its pages, Bunny's own internals, and the exporters. */
export type { ExporterStats } from "./export/dispatcher.ts";
export { ExporterTotals } from "./exporter_totals.ts";
export { type PageCell, type PageFamily, type ScrapedPage, writePage } from "./exposition.ts";
export { Internals, type InternalsSources } from "./internals.ts";
export { type Family, MeterRegistry, type MeterRegistryOptions, type MeterStats } from "./meter.ts";
export type { Reading } from "./reading.ts";
export { DEFAULT_FORMAT, negotiateFormat, type ScrapeFormat } from "./scrape_format.ts";
export { type ExportConfig, Telemetry, type TelemetryDeps } from "./telemetry.ts";
