import type { Random } from "./random.ts";

/** Valid queries that between them use every part of the language: seeds for tables and for mutation. */
export const QUERIES: readonly string[] = [
  "1",
  "-0x1f ^ 2",
  `"a \\"text\\""`,
  `up{job="web",code!~"5..",path=~"/a|/b",zone!=""}`,
  `{"metric.name","label.name"="x"}`,
  "up offset 5m @ 100",
  "up[5m] @ end() offset -1m",
  "up[5m] smoothed @ start() offset 1s500ms",
  "up anchored offset step()",
  "up[max_of(5m, step() * 2) - 1m:range() / 10] offset -(1m + step())",
  "avg_over_time(probe_success[10s]) > bool 0.9",
  'sum by (job, "zone.name") (rate(requests_total[5m])) / ignoring (code) group_left (tier) limits',
  "a and on () b or c unless ignoring (x) d",
  "topk without (pod) (3, a) + fill_left (1) fill_right (-2.5) bottomk(1, b)",
  `count_values("value", round(a, 0.1)) atan2 on (x) group_right () b`,
  "quantile(0.9, a) % limit_ratio(-0.5, b) == bool limitk(2, c)",
  `label_replace(info(up, {data=~".+"}), "dst", "$1-x", "src", "(.*)\\\\d")`,
  "histogram_quantile(0.99, sum by (le) (rate(latency_bucket[1m]))) </ 5 >/ 0.1",
  "max_over_time((sum(a) + -b)[1h:30s] offset 1h)[2h:] @ 1.5",
  "-(a ^ -b ^ 2) * (((c)))",
  "predict_linear(queue[10m], 4 * 3600) >= time() - step() != bool +Inf",
  "absent_over_time(up[5m:]) # the end",
];

const PIECES: readonly string[] = [
  ..."( ) { } [ ] , = == != =~ !~ < <= > >= </ >/ + - * / % ^ @ : # ! . _ \\ \" ' ` ? ü \u{1f407} \ud800"
    .split(" "),
  ..."and or unless atan2 sum topk by without on ignoring group_left fill fill_left bool offset".split(" "),
  ..."anchored smoothed start end step range min_of max_of inf NaN 5m 1h30m 0 1 0x1f 1e3 1_0 up rate".split(
    " ",
  ),
  "\n",
  "\t",
  "[5m]",
  "[5m:1m]",
  "step()",
  `{a="b"}`,
  "(5m)",
];

/** Some text that is at best nearly a query: random pieces, random characters, or a valid query damaged. */
export function nearQuery(random: Random): string {
  const choice = random.below(4);
  if (choice === 0) return Array.from({ length: random.below(12) }, () => random.pick(PIECES)).join(" ");
  if (choice === 1) return Array.from({ length: random.below(12) }, () => random.pick(PIECES)).join("");
  if (choice === 2) {
    return String.fromCharCode(...Array.from({ length: random.below(40) }, () => random.below(0x180)));
  }
  return damaged(random);
}

function damaged(random: Random): string {
  const tokens = random.pick(QUERIES).match(/\s+|\w+|./gsu) ?? [];
  for (let i = random.below(3); i >= 0; i--) {
    const at = random.below(tokens.length);
    if (random.chance(0.4)) tokens.splice(at, 0, random.pick(PIECES));
    else if (random.chance(0.5)) tokens.splice(at, 1);
    else tokens[at] = random.pick(PIECES);
  }
  return tokens.join("");
}
