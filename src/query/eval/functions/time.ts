import { Labels } from "../../../model/labels.ts";
import type { Call } from "../../ast.ts";
import type { EvalContext, Evaluation } from "../context.ts";
import type { Frame } from "../frame.ts";
import { mapFloats } from "./math.ts";

/** What calendars say of a moment, in UTC. */
export const DATE_FUNCTIONS = {
  day_of_month: (date: Date) => date.getUTCDate(),
  day_of_week: (date: Date) => date.getUTCDay(),
  day_of_year: dayOfYear,
  days_in_month: (date: Date) => new Date(utc(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  hour: (date: Date) => date.getUTCHours(),
  minute: (date: Date) => date.getUTCMinutes(),
  month: (date: Date) => date.getUTCMonth() + 1,
  year: (date: Date) => date.getUTCFullYear(),
} as const;

const DAY_MS = 86_400_000;

function dayOfYear(date: Date): number {
  const today = utc(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  return (today - utc(date.getUTCFullYear(), 0, 1)) / DAY_MS + 1;
}

/** As Date.UTC, but the years 0 to 99 are themselves. */
function utc(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month, day);
}

/** hour(v) and the like: of the samples' values as Unix seconds; without an argument, of each step's time. */
export function* evaluateDate(
  context: EvalContext,
  call: Call,
  read: (date: Date) => number,
): Evaluation<Frame> {
  if (call.args.length > 0) {
    const frame = yield* context.vector(call.args[0]);
    return yield* mapFloats(context, frame, (seconds) => read(new Date(Math.trunc(seconds) * 1000)));
  }
  const frame = context.frame(1);
  const cell = frame.addRow(Labels.EMPTY, false);
  for (let step = 0; step < context.stepCount; step++) {
    const seconds = Math.trunc(context.timeOf(step) / 1000);
    frame.setFloat(cell + step, read(new Date(seconds * 1000)));
  }
  return frame;
}
