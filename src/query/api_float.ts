/** A sample's value as Prometheus' HTTP API writes it: shortest digits, an exponent below 1e-6 and from 1e21 on. */
export function formatApiFloat(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const text = String(value);
  const exponentAt = text.indexOf("e");
  // Go gives exponents two digits at least.
  return exponentAt > 0 && exponentAt === text.length - 3 ? `${text.slice(0, -1)}0${text.slice(-1)}` : text;
}
