import assert from "node:assert/strict";
import { parseExpr, prettyPrint, print, verdictTypeOf } from "../../src/query/mod.ts";

function parse(query: string) {
  const result = parseExpr(query);
  assert(result.kind === "ok", query);
  return result.expr;
}

const lines: [query: string, printed: string][] = [
  ["sum by() (a)", "sum(a)"],
  ["sum(a)without()", "sum without () (a)"],
  [`sum(a) by (b,"c.d")`, `sum by (b, "c.d") (a)`],
  ["topk by(x)(5,a)", "topk by (x) (5, a)"],
  ["a-ignoring()b", "a - b"],
  ["a-ignoring()group_left b", "a - ignoring () group_left () b"],
  ["a-on()group_right(x)b", "a - on () group_right (x) b"],
  ["a>bool on(x)b", "a > bool on (x) b"],
  ["a*fill_right(2)fill_left(2)b", "a * fill (2) b"],
  ["a*fill_right(-1e-7)b", "a * fill_right (-1e-07) b"],
  ["a*fill_left(1e30)b", "a * fill_left (1e+30) b"],
  [`a{c="d",b=~"x"}`, `a{b=~"x",c="d"}`],
  [`{__name__="a"}`, `{__name__="a"}`],
  [`{"a b",'0'='1',_0=""}`, `{"0"="1",_0="",__name__="a b"}`],
  [`a{b='\\u00fc"\\x01'}`, `a{b="ü\\"\\x01"}`],
  ["info(a,{})", "info(a, {})"],
  ["a offset 90s @ 5", "a @ 5.000 offset 1m30s"],
  ["a offset -90m", "a offset -1h30m"],
  ["a[5m]offset 1m@end()smoothed", "a[5m] smoothed @ end() offset 1m"],
  ["a offset 1m smoothed @ 1", "a @ 1.000 smoothed offset 1m"],
  ["a[90:1500ms]", "a[1m30s:1s500ms]"],
  ["a[1h:]offset 1d", "a[1h:] offset 1d"],
  ["a[step( )+5m*2]", "a[step() + 5m * 2]"],
  ["a[(5m)]offset+(5m)", "a[(5m)] offset (5m)"],
  ["a offset(5m)==b", "a offset (5m) == b"],
  ["a offset+(5m)-b", "a offset +(5m) - b"], // without the sign, b would belong to the offset
  ["a offset ++5m-step()", "a offset ++5m - step()"],
  ["a offset -min_of(1,step())", "a offset -min_of(1, step())"],
  ["1e21", "1000000000000000000000"],
  ["1.5e-7", "0.00000015"],
  ["-1e-10*nan", "-0.0000000001 * NaN"],
  ["Inf-inf", "+Inf - +Inf"],
  ["inf^2", "Inf ^ 2"], // a plus sign would take hold of the power
  ["6565ms", "6s565ms"],
  ["-5m", "-5m"],
  ["- - a", "--a"],
  ["((a))", "((a))"],
  [`'a"b'`, `"a\\"b"`],
];
for (const [query, printed] of lines) {
  Deno.test(`a query is printed: ${query}`, () => assert.equal(print(parse(query)), printed));
}

const long = "a_rather_long_metric_name_that_is_by_itself_almost_half_of_a_line_long";
const blocks: [query: string, block: string][] = [
  ["a+b", "a + b"],
  [
    `sum by (job) (${long}{job="x"}) / ignoring (x) group_left rate(${long}[5m])`,
    `  sum by (job) (${long}{job="x"})
/ ignoring (x) group_left ()
  rate(${long}[5m])`,
  ],
  [
    `topk(3, -(${long} + ${long}))`,
    `topk(
  3,
  -(
      ${long}
    +
      ${long}
  )
)`,
  ],
  [
    `max_over_time(abs(clamp(${long}, 1, 100000000000000000000))[1h:1m] offset 1d)`,
    `max_over_time(
  abs(
    clamp(
      ${long},
      1,
      100000000000000000000
    )
  )[1h:1m] offset 1d
)`,
  ],
];
for (const [query, block] of blocks) {
  Deno.test(`a long query goes over several lines: ${query.slice(0, 40)}…`, () => {
    assert.equal(prettyPrint(parse(query)), block);
  });
}

const verdicts: [query: string, instant: string, range: string][] = [
  ["1", "scalar", "scalar"],
  ["up", "vector", "vector"],
  [
    "up[5m]",
    "matrix",
    `invalid expression type "range vector" for range query, must be Scalar or instant Vector`,
  ],
  [`"1"`, "string", `invalid expression type "string" for range query, must be Scalar or instant Vector`],
];
for (const [query, instant, range] of verdicts) {
  Deno.test(`a verdict may rest on some types: ${query}`, () => {
    for (const [kind, want] of [["instant", instant], ["range", range]] as const) {
      const found = verdictTypeOf(parse(query), kind);
      assert.equal(found.kind === "ok" ? found.type : found.reason, want);
    }
  });
}
