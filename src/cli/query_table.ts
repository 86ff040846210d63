import { isoTime } from "../base/text.ts";
import { labelNameText } from "../model/labels.ts";
import { alignedColumns } from "./table.ts";
import type { ApiData } from "./query.ts";

type Point = readonly [seconds: number, value: unknown];

interface Element {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: Point;
  readonly histogram?: Point;
  readonly values?: readonly Point[];
  readonly histograms?: readonly Point[];
}

/** An answer as aligned lines: series, time, value. */
export function tableOf({ resultType, result }: ApiData): string[] {
  const rows = rowsOf(resultType, result);
  if (rows.length === 0) return ["(nothing)"];
  return alignedColumns(rows);
}

function rowsOf(
  resultType: string,
  result: unknown,
): (readonly [series: string, time: string, value: string])[] {
  if (resultType === "scalar" || resultType === "string") {
    const [seconds, value] = result as Point;
    return [[resultType, isoTime(seconds * 1_000), String(value)]];
  }
  return (result as Element[]).flatMap((element) => {
    const points = [element.value, element.histogram, ...element.values ?? [], ...element.histograms ?? []];
    const series = seriesText(element.metric);
    return points.filter((point) => point !== undefined)
      .sort((a, b) => a[0] - b[0])
      .map((point) => [series, isoTime(point[0] * 1_000), valueText(point[1])] as const);
  });
}

const PLAIN_METRIC_NAME = /^[A-Za-z_:][A-Za-z0-9_:]*$/;

/** As PromQL would select it. */
function seriesText({ __name__ = "", ...labels }: Readonly<Record<string, string>>): string {
  const inner = Object.entries(labels).map(([name, value]) =>
    `${labelNameText(name)}=${JSON.stringify(value)}`
  );
  const isPlain = PLAIN_METRIC_NAME.test(__name__);
  if (isPlain && inner.length === 0) return __name__;
  if (!isPlain && __name__ !== "") inner.unshift(JSON.stringify(__name__));
  return `${isPlain ? __name__ : ""}{${inner.join(", ")}}`;
}

function valueText(value: unknown): string {
  if (typeof value === "string") return value;
  const { count, sum } = value as { count: string; sum: string };
  return `histogram count=${count} sum=${sum}`;
}
