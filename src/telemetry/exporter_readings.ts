import type { ExporterStats } from "./export/dispatcher.ts";
import { type Reading, type ReadingRow, readingsOf } from "./reading.ts";

const ROWS: readonly ReadingRow<ExporterStats>[] = [
  {
    name: "bunny_exporter_delivering",
    kind: "gauge",
    help: "Whether the exporter's last attempt succeeded; absent before the first one.",
    read: ({ state }) => state === "idle" ? undefined : Number(state === "delivering"),
  },
  {
    name: "bunny_exporter_queued_items",
    kind: "gauge",
    help: "Spans that wait to be delivered.",
    read: ({ queued }) => queued,
  },
  {
    name: "bunny_exporter_sent_items_total",
    kind: "counter",
    help: "Spans or data points delivered.",
    read: ({ sent }) => sent,
  },
  {
    name: "bunny_exporter_dropped_items_total",
    kind: "counter",
    help: "Spans or data points given up: no room, refused by the receiver, or no time left at the end.",
    read: ({ dropped }) => dropped,
  },
  {
    name: "bunny_exporter_failed_attempts_total",
    kind: "counter",
    help: "Attempts to deliver that failed.",
    read: ({ failedAttempts }) => failedAttempts,
  },
];

/** The exporters' numbers, for the page of internals. */
export function exporterReadings(exporters: readonly ExporterStats[]): Reading[] {
  return exporters.flatMap((stats) =>
    readingsOf(ROWS, stats).map((reading) => ({ ...reading, labels: { exporter: stats.exporter } }))
  );
}
