/** Splits a number into two halves of its digits, so that products of halves are exact. */
const SPLITTER = 2 ** 27 + 1;

/**
 * A number of twice the usual precision, high + low, changed in place (T. J. Dekker, 1971). For the few places where
 * what matters is the small difference of large numbers. Meant for numbers well inside the range of a double.
 */
export class WideNumber {
  high = 0;
  low = 0;

  set(high: number, low: number): this {
    this.high = high + low;
    this.low = low - (this.high - high);
    return this;
  }

  add(value: number): this {
    const { high } = this;
    const sum = high + value;
    const part = sum - high;
    const error = (high - (sum - part)) + (value - part) + this.low;
    return this.set(sum, error);
  }

  addWide(other: WideNumber, sign: 1 | -1): this {
    return this.add(sign * other.high).add(sign * other.low);
  }

  /** Adds a · b, exactly but for the last rounding. */
  addProduct(a: number, b: number): this {
    const product = a * b;
    return this.add(product).add(productError(a, b, product));
  }

  multiply(factor: number): this {
    const product = this.high * factor;
    const error = productError(this.high, factor, product) + this.low * factor;
    return this.set(product, error);
  }

  multiplyWide(other: WideNumber): this {
    const product = this.high * other.high;
    const error = productError(this.high, other.high, product) + this.high * other.low +
      this.low * other.high;
    return this.set(product, error);
  }

  divide(divisor: number): this {
    const quotient = this.high / divisor;
    const product = quotient * divisor;
    const rest = (this.high - product) - productError(quotient, divisor, product) + this.low;
    return this.set(quotient, rest / divisor);
  }

  copy(other: WideNumber): this {
    this.high = other.high;
    this.low = other.low;
    return this;
  }

  get value(): number {
    return this.high + this.low;
  }
}

/** What rounding took from a · b. */
export function productError(a: number, b: number, product: number): number {
  const bigA = SPLITTER * a;
  const highA = bigA - (bigA - a);
  const lowA = a - highA;
  const bigB = SPLITTER * b;
  const highB = bigB - (bigB - b);
  const lowB = b - highB;
  return ((highA * highB - product) + highA * lowB + lowA * highB) + lowA * lowB;
}
