/** Numbers and times as Go's fmt prints them, so that annotations read as Prometheus' do. */
import { formatFloatShort } from "../go_text.ts";

/** `%.2g`: two significant digits, without trailing zeros. */
export function formatG2(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatFloatShort(value);
  const [mantissa, power] = Math.abs(value).toExponential(1).split("e");
  const exponent = Number(power);
  const digits = mantissa.replace(".", "").replace(/0+$/, "") || "0";
  const sign = value < 0 ? "-" : "";
  return sign + (exponent < -4 || exponent >= 2 ? scientific(digits, exponent) : plain(digits, exponent));
}

/** As OpenMetrics writes a float, with a point or an exponent always: histogram_quantiles' label. */
export function formatOpenMetrics(value: number): string {
  const text = formatFloatShort(value === 0 ? 0 : value);
  return /[e.NI]/.test(text) ? text : `${text}.0`;
}

/** RFC 3339 to the second, in UTC. */
export function formatSecond(timestampMs: number): string {
  const date = new Date(Math.floor(timestampMs / 1000) * 1000);
  return Number.isNaN(date.getTime()) ? String(timestampMs) : date.toISOString().replace(".000Z", "Z");
}

function plain(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return digits + "0".repeat(exponent + 1 - digits.length);
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

function scientific(digits: string, exponent: number): string {
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  const power = String(Math.abs(exponent)).padStart(2, "0");
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${power}`;
}
