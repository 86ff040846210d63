export { type PageCell, type PageFamily, writePage } from "./exposition.ts";
export { Internals, type InternalsSources, type ScrapedPage } from "./internals.ts";
export { type Family, MeterRegistry, type MeterRegistryOptions, type MeterStats } from "./meter.ts";
export { type Reading } from "./reading.ts";
export { DEFAULT_FORMAT, negotiateFormat, type ScrapeFormat } from "./scrape_format.ts";
