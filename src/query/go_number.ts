/** Numbers as Go's strconv and fmt write them: what Prometheus' values, messages and printed queries are made of. */

/** `FormatFloat(value, 'f', -1, 64)`: the shortest digits that read back the same, never an exponent. */
export function formatFloat(value: number): string {
  const special = specialText(value);
  if (special !== undefined) return special;
  const text = String(value);
  return text.includes("e") ? plain(partsOf(text)) : text;
}

/** `%v`: the shortest digits, with an exponent below 1e-4 and from a million on. */
export function formatFloatShort(value: number): string {
  const size = Math.abs(value);
  return (size >= 1e-4 && size < 1e6) || specialText(value) !== undefined
    ? formatFloat(value)
    : scientific(partsOf(value.toExponential()));
}

/** `%.2g`: two significant digits, without trailing zeros. */
export function formatG2(value: number): string {
  const special = specialText(value);
  if (special !== undefined) return special;
  const parts = partsOf(value.toExponential(1));
  return parts.exponent < -4 || parts.exponent >= 2 ? scientific(parts) : plain(parts);
}

/** `%f`: six decimals, all digits before the point. */
export function formatFixed(value: number): string {
  if (!Number.isFinite(value)) return formatFloat(value);
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}

/** As OpenMetrics writes a float, with a point or an exponent always: histogram_quantiles' label. */
export function formatOpenMetrics(value: number): string {
  const text = formatFloatShort(value === 0 ? 0 : value);
  return /[e.NI]/.test(text) ? text : `${text}.0`;
}

/** As Prometheus' HTTP API writes a sample's value: shortest digits, an exponent below 1e-6 and from 1e21 on. */
export function formatApiFloat(value: number): string {
  const special = specialText(value);
  if (special !== undefined) return special;
  const text = String(value);
  const exponentAt = text.indexOf("e");
  // Go gives exponents two digits at least.
  return exponentAt > 0 && exponentAt === text.length - 3 ? `${text.slice(0, -1)}0${text.slice(-1)}` : text;
}

function specialText(value: number): string | undefined {
  if (value !== value) return "NaN";
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
}

/** A number is 0.d1d2d3… × 10^(exponent + 1), its digits without trailing zeros. */
interface Parts {
  readonly sign: "-" | "";
  readonly digits: string;
  readonly exponent: number;
}

/** Reads what JavaScript writes with an exponent: "-1.5e-7". */
function partsOf(text: string): Parts {
  const sign = text.startsWith("-") ? "-" : "";
  const [mantissa, exponent] = text.slice(sign.length).split("e");
  return { sign, digits: mantissa.replace(".", "").replace(/0+$/, ""), exponent: Number(exponent) };
}

function plain({ sign, digits, exponent }: Parts): string {
  const point = exponent + 1;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function scientific({ sign, digits, exponent }: Parts): string {
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
