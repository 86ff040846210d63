import type { Labels } from "../../../model/labels.ts";
import type { Matching } from "../../ast.ts";
import { ABSENT, type Frame } from "../frame.ts";
import { type Signature, signatureBy, signatureWithout } from "../label_sets.ts";

/** Rows of two frames that may meet, as their labels have it. */
export interface MatchGroup {
  readonly left: number[];
  readonly right: number[];
}

function signatureOf({ on, labels }: Matching): Signature {
  return on ? signatureBy(labels) : signatureWithout(labels);
}

/** Sorts the rows of both sides into groups that agree on the matching's labels, in order of first appearance. */
export function matchGroups(
  left: readonly Labels[],
  right: readonly Labels[],
  matching: Matching,
): MatchGroup[] {
  const signature = signatureOf(matching);
  const bySignature = new Map<string, MatchGroup>();
  const groupOf = (labels: Labels) => {
    const key = signature(labels);
    let group = bySignature.get(key);
    if (!group) bySignature.set(key, group = { left: [], right: [] });
    return group;
  };
  left.forEach((labels, row) => groupOf(labels).left.push(row));
  right.forEach((labels, row) => groupOf(labels).right.push(row));
  return [...bySignature.values()];
}

/** At which steps any of these rows has a sample. */
export function presence(frame: Frame, rows: readonly number[]): Uint8Array {
  const { kinds, stepCount } = frame;
  const present = new Uint8Array(stepCount);
  for (const row of rows) {
    for (let step = 0, cell = row * stepCount; step < stepCount; step++, cell++) {
      if (kinds[cell] !== ABSENT) present[step] = 1;
    }
  }
  return present;
}

/** At which steps any row has a sample. */
export function presenceOfAll(frame: Frame): Uint8Array {
  return presence(frame, frame.labels.map((_, row) => row));
}
