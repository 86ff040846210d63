import { type Labels, METRIC_NAME } from "../../../model/labels.ts";
import type { Aggregate } from "../../ast.ts";
import type { Frame } from "../frame.ts";
import { signatureBy, signatureWithout } from "../label_sets.ts";

/** Which rows of a frame an aggregation puts together. */
export interface Groups {
  /** Group of each row. */
  readonly ofRow: Int32Array;
  /** Labels of each group, in order of its first row. */
  readonly labels: readonly Labels[];
  readonly count: number;
}

export function groupRows(frame: Frame, node: Aggregate): Groups {
  const { grouping, without } = node;
  const signature = without ? signatureWithout(grouping) : signatureBy(grouping);
  const kept = new Set(grouping);
  const dropped = new Set(grouping).add(METRIC_NAME);
  const groupBySignature = new Map<string, number>();
  const labels: Labels[] = [];
  const ofRow = new Int32Array(frame.rowCount);
  for (let row = 0; row < frame.rowCount; row++) {
    const key = signature(frame.labels[row]);
    let group = groupBySignature.get(key);
    if (group === undefined) {
      group = labels.length;
      groupBySignature.set(key, group);
      labels.push(without ? frame.labels[row].drop(dropped) : frame.labels[row].keep(kept));
    }
    ofRow[row] = group;
  }
  return { ofRow, labels, count: labels.length };
}
