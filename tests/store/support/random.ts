import { Random } from "../../support/random.ts";

/** Random numbers whose seed is printed, so that what fails can be found again. */
export function seeded(): Random {
  const [seed] = crypto.getRandomValues(new Uint32Array(1));
  console.log(`seed ${seed}`);
  return new Random(seed);
}

/** A double with any bits at all. */
export function anyBits(random: Random): number {
  const lanes = Uint32Array.of(random.below(2 ** 32), random.below(2 ** 32));
  return new Float64Array(lanes.buffer)[0];
}
