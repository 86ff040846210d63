import assert from "node:assert/strict";
import { parseExpr, parseSelector } from "../../src/query/mod.ts";

/** query, start and end of the first error, and its message: word for word what Prometheus 3.14 answers. */
const cases: [query: string, start: number, end: number, message: string][] = [
  // nothing there
  ["", 0, 0, "unknown position: parse error: no expression found in input"],
  ["# only a comment", 0, 0, "1:1: parse error: no expression found in input"],
  // characters and brackets
  [`probe_success !~ "x"`, 14, 20, "1:15: parse error: unexpected character after '!': '~'"],
  [`probe_success =~ "x"`, 14, 20, "1:15: parse error: unexpected character after '=': '~'"],
  ["1 ! 2", 2, 5, "1:3: parse error: unexpected character after '!': ' '"],
  ["!", 0, 1, "1:1: parse error: unexpected character after '!': '�'"],
  ["up ? 1", 3, 6, "1:4: parse error: unexpected character: '?'"],
  ["up; down", 2, 8, "1:3: parse error: unexpected character: ';'"],
  ["a.b", 1, 3, "1:2: parse error: unexpected character: '.'"],
  ["(up", 3, 3, "1:4: parse error: unclosed left parenthesis"],
  ["up)", 3, 3, "1:4: parse error: unexpected right parenthesis ')'"],
  ["up[5m", 5, 5, "1:6: parse error: unclosed left bracket"],
  ["up[5m]]", 6, 7, "1:7: parse error: unexpected right bracket ']'"],
  ["up[5m[1m]", 5, 9, "1:6: parse error: unexpected left bracket '['"],
  [`up{job="web"`, 12, 12, "1:13: parse error: unexpected end of input inside braces"],
  [`up{job="web"]`, 12, 13, "1:13: parse error: unexpected character inside braces: ']'"],
  [`up{{job="web"}}`, 3, 15, "1:4: parse error: unexpected left brace '{'"],
  [`up{job!"web"}`, 6, 13, `1:7: parse error: unexpected character after '!' inside braces: '"'`],
  [`up{job:"web"}`, 6, 13, "1:7: parse error: unexpected character inside braces: ':'"],
  [`up{1="web"}`, 3, 11, "1:4: parse error: unexpected character inside braces: '1'"],
  // strings
  [`"open`, 0, 5, "1:1: parse error: unterminated quoted string"],
  ["'open", 0, 5, "1:1: parse error: unterminated quoted string"],
  ["`open", 0, 5, "1:1: parse error: unterminated raw string"],
  ['"half \\', 0, 7, "1:1: parse error: escape sequence not terminated"],
  [String.raw`"\q"`, 0, 4, "1:1: parse error: unknown escape sequence U+0071 'q'"],
  [String.raw`"\xg1"`, 0, 6, "1:1: parse error: illegal character U+0067 'g' in escape sequence"],
  [String.raw`"\x1`, 0, 4, "1:1: parse error: escape sequence not terminated"],
  [String.raw`"\ud800"`, 0, 8, "1:1: parse error: escape sequence is an invalid Unicode code point"],
  [String.raw`"\U00110000"`, 0, 12, "1:1: parse error: escape sequence is an invalid Unicode code point"],
  [String.raw`"\777"`, 0, 6, "1:1: parse error: escape sequence is an invalid Unicode code point"],
  [`"bad � text"`, 0, 12, "1:1: parse error: invalid UTF-8 rune"],
  // numbers and durations
  ["1e", 0, 2, `1:1: parse error: bad number or duration syntax: "1e"`],
  ["1e+", 0, 3, `1:1: parse error: bad number or duration syntax: "1e+"`],
  ["0x", 0, 2, `1:1: parse error: error parsing number: strconv.ParseFloat: parsing "0x": invalid syntax`],
  ["0x1e", 0, 4, `1:1: parse error: bad number or duration syntax: "0x1e"`],
  [
    "0xfffffffffffffffff",
    0,
    19,
    `1:1: parse error: error parsing number: strconv.ParseFloat: parsing "0xfffffffffffffffff": invalid syntax`,
  ],
  ["1_", 0, 2, `1:1: parse error: bad number or duration syntax: "1_"`],
  ["1__000", 0, 6, `1:1: parse error: bad number or duration syntax: "1__"`],
  ["1.2.3", 0, 5, `1:1: parse error: bad number or duration syntax: "1.2."`],
  [
    "1e999",
    0,
    5,
    `1:1: parse error: error parsing number: strconv.ParseFloat: parsing "1e999": value out of range`,
  ],
  ["5x", 0, 2, `1:1: parse error: bad number or duration syntax: "5"`],
  ["5mm", 0, 3, `1:1: parse error: bad number or duration syntax: "5mm"`],
  ["1s1h", 0, 4, `1:1: parse error: not a valid duration string: "1s1h"`],
  ["1m1m", 0, 4, `1:1: parse error: not a valid duration string: "1m1m"`],
  ["400y", 0, 4, "1:1: parse error: duration out of range"],
  ["99999999999999999999s", 0, 21, `1:1: parse error: not a valid duration string: "99999999999999999999s"`],
  // operands missing or too many
  ["up down", 3, 7, `1:4: parse error: unexpected identifier "down"`],
  ["up 1", 3, 4, `1:4: parse error: unexpected number "1"`],
  ["1 +", 3, 3, "1:4: parse error: unexpected end of input"],
  ["* up", 0, 1, "1:1: parse error: unexpected <op:*>"],
  ["up + on (job)", 13, 13, "1:14: parse error: unexpected end of input"],
  ["up == on (job) bool 1", 15, 19, "1:16: parse error: unexpected <bool>"],
  ["a - on (b) ignoring (c) d", 11, 19, "1:12: parse error: unexpected <ignoring>"],
  ["bool", 0, 4, "1:1: parse error: unexpected <bool>"],
  ["on", 0, 2, "1:1: parse error: unexpected <on>"],
  ["group_left", 0, 10, "1:1: parse error: unexpected <group_left>"],
  ["up and bool down", 3, 11, "1:4: parse error: bool modifier can only be used on comparison operators"],
  ["probe:up(1)", 8, 9, `1:9: parse error: unexpected "("`],
  ["fill(1)", 4, 5, `1:5: parse error: unexpected "("`],
  // grouping
  ["sum by up", 7, 9, `1:8: parse error: unexpected identifier "up" in grouping opts, expected "("`],
  ["sum by (1) (up)", 8, 9, `1:9: parse error: unexpected number "1" in grouping opts, expected label`],
  ["sum by (without) (up)", 8, 15, "1:9: parse error: unexpected <without> in grouping opts, expected label"],
  [
    "sum by (job instance) (up)",
    12,
    20,
    `1:13: parse error: unexpected identifier "instance" in grouping opts, expected "," or ")"`,
  ],
  ["sum by (job,,) (up)", 12, 13, `1:13: parse error: unexpected "," in grouping opts, expected label`],
  [`sum by ("") (up)`, 8, 10, `1:9: parse error: invalid label name for grouping: ""`],
  [
    "a * on (x) group_left > b",
    22,
    23,
    `1:23: parse error: unexpected <op:>> in grouping opts, expected "("`,
  ],
  [
    "a * on (x) group_left (y + z) b",
    25,
    26,
    `1:26: parse error: unexpected <op:+> in grouping opts, expected "," or ")"`,
  ],
  ["a + fill b", 9, 10, `1:10: parse error: unexpected identifier "b"`],
  ["a + fill (x) b", 10, 11, `1:11: parse error: unexpected identifier "x"`],
  ["a + fill_left (1 b", 17, 18, `1:18: parse error: unexpected identifier "b"`],
  [
    String.raw`sum by ("\xff") (up)`,
    8,
    14,
    String.raw`1:9: parse error: invalid label name for grouping: "\xff"`,
  ],
  // aggregations
  ["sum()", 0, 5, "1:1: parse error: no arguments for aggregate expression provided"],
  [
    "sum(up, down)",
    0,
    13,
    "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2",
  ],
  [
    "topk(up)",
    0,
    8,
    "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1",
  ],
  [
    "topk(1, 2, up)",
    0,
    14,
    "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 3",
  ],
  ["sum(up down)", 7, 11, `1:8: parse error: unexpected identifier "down" in aggregation`],
  ["sum by (job) up", 13, 15, `1:14: parse error: unexpected identifier "up" in aggregation`],
  [`sum("x")`, 4, 7, "1:5: parse error: expected type instant vector in aggregation expression, got string"],
  [
    "sum(up[5m])",
    4,
    10,
    "1:5: parse error: expected type instant vector in aggregation expression, got range vector",
  ],
  ["sum(1)", 4, 5, "1:5: parse error: expected type instant vector in aggregation expression, got scalar"],
  [`topk("x", up)`, 5, 8, "1:6: parse error: expected type scalar in aggregation parameter, got string"],
  [
    "count_values(1, up)",
    13,
    14,
    "1:14: parse error: expected type string in aggregation parameter, got scalar",
  ],
  [
    "quantile(up, up)",
    9,
    11,
    "1:10: parse error: expected type scalar in aggregation parameter, got instant vector",
  ],
  // label matchers
  ["up{job}", 6, 7, `1:7: parse error: unexpected "}" in label matching, expected label matching operator`],
  ["up{job=}", 7, 8, `1:8: parse error: unexpected "}" in label matching, expected string`],
  ["up{job=web}", 7, 10, `1:8: parse error: unexpected identifier "web" in label matching, expected string`],
  [
    `up{job="web" instance="a"}`,
    13,
    21,
    `1:14: parse error: unexpected identifier "instance" in label matching, expected "," or "}"`,
  ],
  [
    `up{job="web",,}`,
    13,
    14,
    `1:14: parse error: unexpected "," in label matching, expected identifier or "}"`,
  ],
  ["up{,}", 3, 4, `1:4: parse error: unexpected "," in label matching, expected identifier or "}"`],
  [
    `up{"job" instance}`,
    9,
    17,
    `1:10: parse error: unexpected identifier "instance" in label matching, expected "," or "}"`,
  ],
  [`up{"job"=1}`, 9, 11, "1:10: parse error: unexpected character inside braces: '1'"],
  [`up{job=~"("}`, 3, 11, "1:4: parse error: error parsing regexp: missing closing ): `(`"],
  [`up{job=~"a{2000}"}`, 3, 17, "1:4: parse error: error parsing regexp: invalid repeat count: `{2000}`"],
  [
    String.raw`up{job=~"\\"}`,
    3,
    12,
    "1:4: parse error: error parsing regexp: trailing backslash at end of expression: ``",
  ],
  [`up{job!~"[z-a]"}`, 3, 15, "1:4: parse error: error parsing regexp: invalid character class range: `z-a`"],
  ["{}", 0, 2, "1:1: parse error: vector selector must contain at least one non-empty matcher"],
  [`{job=""}`, 0, 8, "1:1: parse error: vector selector must contain at least one non-empty matcher"],
  [`{job=~".*"}`, 0, 11, "1:1: parse error: vector selector must contain at least one non-empty matcher"],
  [`{job!="web"}`, 0, 12, "1:1: parse error: vector selector must contain at least one non-empty matcher"],
  [`up{__name__="down"}`, 0, 19, `1:1: parse error: metric name must not be set twice: "up" or "down"`],
  [`up{"down"}`, 0, 10, `1:1: parse error: metric name must not be set twice: "up" or "down"`],
  // ranges, offsets and their like
  [
    "up[]",
    3,
    4,
    `1:4: parse error: unexpected "]" in subquery or range selector, expected number, duration, step(), or range()`,
  ],
  ["up[x]", 3, 5, "1:4: parse error: unexpected character in duration expression: 'x'"],
  ["up[5m x]", 6, 8, "1:7: parse error: unexpected character: 'x', expected ':'"],
  ["up[5m:", 6, 6, "1:7: parse error: unclosed left bracket"],
  ["up[5m:x]", 6, 8, "1:7: parse error: unexpected character: 'x', expected ':'"],
  ["up[5m:1m", 8, 8, "1:9: parse error: unclosed left bracket"],
  ["up[5m:1m 2]", 9, 10, `1:10: parse error: unexpected number "2" in subquery selector, expected "]"`],
  ["up[:1m]", 4, 7, "1:5: parse error: unexpected colon before duration in duration expression"],
  ["up[0]", 3, 4, "1:4: parse error: duration must be greater than 0"],
  ["up[-5m]", 3, 6, "1:4: parse error: duration must be greater than 0"],
  ["up[5m:0s]", 6, 8, "1:7: parse error: duration must be greater than 0"],
  ["up[1e30]", 3, 7, "1:4: parse error: duration out of range"],
  ["up[nan]", 3, 7, "1:4: parse error: unexpected character in duration expression: 'n'"],
  ["up[1/0]", 4, 5, "1:5: parse error: division by zero"],
  ["up[5m % 0]", 6, 7, "1:7: parse error: modulo by zero"],
  ["up[5m:1m:1s]", 8, 12, "1:9: parse error: unexpected colon ':'"],
  [
    "up[step() 5m]",
    10,
    12,
    `1:11: parse error: unexpected duration "5m" in subquery or range, expected ":" or "]"`,
  ],
  ["up[step():1m]", 10, 13, "1:11: parse error: unexpected colon before duration in duration expression"],
  ["(up)[5m]", 4, 8, "1:5: parse error: ranges only allowed for vector selectors"],
  ["up[5m][5m]", 6, 10, "1:7: parse error: ranges only allowed for vector selectors"],
  ["rate(up[5m])[5m]", 12, 16, "1:13: parse error: ranges only allowed for vector selectors"],
  ["up offset 5m[5m]", 12, 16, "1:13: parse error: no offset modifiers allowed before range"],
  ["up @ 0[5m]", 6, 10, "1:7: parse error: no @ modifiers allowed before range"],
  [
    "up offset",
    9,
    9,
    "1:10: parse error: unexpected end of input in offset, expected number, duration, step(), or range()",
  ],
  [
    "up offset x",
    10,
    11,
    `1:11: parse error: unexpected identifier "x" in offset, expected number, duration, step(), or range()`,
  ],
  ["up offset 5m offset 1m", 0, 12, "1:1: parse error: offset may not be set multiple times"],
  ["up offset step() offset 1m", 0, 16, "1:1: parse error: offset may not be set multiple times"],
  [
    "1 offset 5m",
    0,
    1,
    "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
  ],
  [
    "sum(up) offset 5m",
    0,
    7,
    "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
  ],
  [
    "rate(up[5m]) offset 5m",
    0,
    12,
    "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
  ],
  ["up offset 1e30", 10, 14, "1:11: parse error: duration out of range"],
  ["up offset -1e30", 10, 11, "1:11: parse error: duration out of range"],
  [
    "up offset (5m) + down",
    17,
    21,
    `1:18: parse error: unexpected identifier "down" in offset, expected number, duration, step(), or range()`,
  ],
  ["up @", 4, 4, "1:5: parse error: unexpected end of input in @, expected timestamp"],
  ["up @ x", 5, 6, `1:6: parse error: unexpected identifier "x" in @, expected timestamp`],
  ["up @ start", 10, 10, "1:11: parse error: unexpected end of input in @, expected timestamp"],
  ["up @ start(1)", 11, 12, `1:12: parse error: unexpected number "1" in @, expected timestamp`],
  ["up @ inf", 0, 2, "1:1: parse error: timestamp out of bounds for @ modifier: +Inf"],
  [
    "up @ -1e19",
    0,
    2,
    "1:1: parse error: timestamp out of bounds for @ modifier: -10000000000000000000.000000",
  ],
  ["up @ 1 @ 2", 0, 6, "1:1: parse error: @ <timestamp> may not be set multiple times"],
  ["up @ start() @ end()", 0, 12, "1:1: parse error: @ <timestamp> may not be set multiple times"],
  [
    "1 @ 0",
    0,
    1,
    "1:1: parse error: @ modifier must be preceded by an instant vector selector or range vector selector or a subquery",
  ],
  [
    "sum(up) @ 0",
    0,
    7,
    "1:1: parse error: @ modifier must be preceded by an instant vector selector or range vector selector or a subquery",
  ],
  [
    "up anchored smoothed",
    0,
    11,
    "1:1: parse error: anchored and smoothed modifiers cannot be used together",
  ],
  [
    "up[5m] smoothed anchored",
    0,
    15,
    "1:1: parse error: anchored and smoothed modifiers cannot be used together",
  ],
  ["up[5m:1m] anchored", 0, 9, "1:1: parse error: anchored modifier is not supported for subqueries"],
  ["sum(up) smoothed", 0, 7, "1:1: parse error: smoothed modifier not implemented"],
  ["1 anchored", 0, 1, "1:1: parse error: anchored modifier not implemented"],
  // functions
  ["no_such_function(up)", 0, 16, `1:1: parse error: unknown function with name "no_such_function"`],
  ["abs()", 0, 5, `1:1: parse error: expected 1 argument(s) in call to "abs", got 0`],
  ["abs(up, up)", 0, 11, `1:1: parse error: expected 1 argument(s) in call to "abs", got 2`],
  ["abs(up,)", 6, 7, "1:7: parse error: trailing commas not allowed in function call args"],
  ["abs(,up)", 4, 5, `1:5: parse error: unexpected ","`],
  [
    "abs(up[5m])",
    4,
    10,
    `1:5: parse error: expected type instant vector in call to function "abs", got range vector`,
  ],
  ["abs(1)", 4, 5, `1:5: parse error: expected type instant vector in call to function "abs", got scalar`],
  [
    "rate(up)",
    5,
    7,
    `1:6: parse error: expected type range vector in call to function "rate", got instant vector`,
  ],
  ["rate(up[5m], 1)", 0, 15, `1:1: parse error: expected 1 argument(s) in call to "rate", got 2`],
  ["pi(1)", 0, 5, `1:1: parse error: expected 0 argument(s) in call to "pi", got 1`],
  ["round()", 0, 7, `1:1: parse error: expected at least 1 argument(s) in call to "round", got 0`],
  ["round(up, 1, 2)", 0, 15, `1:1: parse error: expected at most 2 argument(s) in call to "round", got 3`],
  [
    "clamp(up, up, 1)",
    10,
    12,
    `1:11: parse error: expected type scalar in call to function "clamp", got instant vector`,
  ],
  [
    `label_replace(up, "a", "b", "c")`,
    0,
    32,
    `1:1: parse error: expected 5 argument(s) in call to "label_replace", got 4`,
  ],
  [
    `label_replace(up, "a", "b", "c", 1)`,
    33,
    34,
    `1:34: parse error: expected type string in call to function "label_replace", got scalar`,
  ],
  [
    `label_join(up, "a")`,
    0,
    19,
    `1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 2`,
  ],
  [
    "histogram_quantile(up, 0.9)",
    19,
    21,
    `1:20: parse error: expected type scalar in call to function "histogram_quantile", got instant vector`,
  ],
  [
    `histogram_quantiles(up, "q", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)`,
    0,
    63,
    `1:1: parse error: expected at most 12 argument(s) in call to "histogram_quantiles", got 13`,
  ],
  [
    "vector(up)",
    7,
    9,
    `1:8: parse error: expected type scalar in call to function "vector", got instant vector`,
  ],
  [
    "scalar(1)",
    7,
    8,
    `1:8: parse error: expected type instant vector in call to function "scalar", got scalar`,
  ],
  ["time(up)", 0, 8, `1:1: parse error: expected 0 argument(s) in call to "time", got 1`],
  ["start(1)", 0, 8, `1:1: parse error: expected 0 argument(s) in call to "start", got 1`],
  ["max_of(1)", 0, 9, `1:1: parse error: expected 2 argument(s) in call to "max_of", got 1`],
  ["info(up, down)", 9, 13, "1:10: parse error: expected label selectors only, got vector selector instead"],
  [
    `info(up, {__name__="target_info"}, {})`,
    0,
    38,
    `1:1: parse error: expected at most 2 argument(s) in call to "info", got 3`,
  ],
  ["info(up, sum(down))", 9, 18, "1:10: parse error: expected label selectors only"],
  [
    "info(up, 1)",
    0,
    11,
    `1:1: parse error: expected type instant vector in call to function "info", got scalar`,
  ],
  // types around operators
  ["1 == 2", 2, 4, "1:3: parse error: comparisons between scalars must use BOOL modifier"],
  ["1 < 2 + 3", 2, 3, "1:3: parse error: comparisons between scalars must use BOOL modifier"],
  ["1 and 2", 0, 7, `1:1: parse error: set operator "and" not allowed in binary scalar expression`],
  ["up or 1", 0, 7, `1:1: parse error: set operator "or" not allowed in binary scalar expression`],
  ["1 unless up", 0, 11, `1:1: parse error: set operator "unless" not allowed in binary scalar expression`],
  ["up + bool down", 3, 9, "1:4: parse error: bool modifier can only be used on comparison operators"],
  ["up and bool down", 3, 11, "1:4: parse error: bool modifier can only be used on comparison operators"],
  ["1 + bool 2", 2, 8, "1:3: parse error: bool modifier can only be used on comparison operators"],
  [
    `"a" + "b"`,
    0,
    3,
    "1:1: parse error: binary expression must contain only scalar and instant vector types",
  ],
  [
    "up[5m] + 1",
    0,
    6,
    "1:1: parse error: binary expression must contain only scalar and instant vector types",
  ],
  [
    "1 + up[5m]",
    4,
    10,
    "1:5: parse error: binary expression must contain only scalar and instant vector types",
  ],
  [
    `-"a"`,
    0,
    4,
    `1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string"`,
  ],
  [
    "-up[5m]",
    0,
    7,
    `1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "range vector"`,
  ],
  [
    "+up[5m:1m]",
    0,
    10,
    `1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "range vector"`,
  ],
  ["up + on (job) 1", 0, 15, "1:1: parse error: vector matching only allowed between instant vectors"],
  ["1 + ignoring (job) up", 0, 21, "1:1: parse error: vector matching only allowed between instant vectors"],
  [
    "up + fill (1) 1",
    0,
    15,
    "1:1: parse error: filling in missing series only allowed between instant vectors",
  ],
  [
    "up and fill (1) down",
    0,
    20,
    "1:1: parse error: filling in missing series not allowed for set operators",
  ],
  ["up and on (job) group_left down", 0, 31, `1:1: parse error: no grouping allowed for "and" operation`],
  [
    "a / on (x, y) group_left (y) b",
    2,
    28,
    `1:3: parse error: label "y" must not occur in ON and GROUP clause at once`,
  ],
  [
    "up[5m:1m][5m:1m]",
    0,
    16,
    "1:1: parse error: subquery is only allowed on instant vector, got matrix instead",
  ],
  [
    "time()[5m:1m]",
    0,
    13,
    "1:1: parse error: subquery is only allowed on instant vector, got scalar instead",
  ],
  [`"a"[5m:1m]`, 0, 10, "1:1: parse error: subquery is only allowed on instant vector, got string instead"],
  // more than one line
  ["sum(\n  up\n  down\n)", 12, 16, `3:3: parse error: unexpected identifier "down" in aggregation`],
  [
    "# héllo\nup[5m] + 1",
    8,
    14,
    "2:1: parse error: binary expression must contain only scalar and instant vector types",
  ],
];

for (const [query, start, end, message] of cases) {
  Deno.test(`a query is refused with Prometheus' words: ${JSON.stringify(query)}`, () => {
    const result = parseExpr(query);
    assert(result.kind === "error", "parsed");
    assert.equal(result.errors[0].message, message);
    assert.deepEqual(result.errors[0].position, { start, end });
  });
}

Deno.test("errors of meaning are all listed, syntax errors only up to the first", () => {
  const reasonsOf = (query: string) => {
    const result = parseExpr(query);
    assert(result.kind === "error");
    return result.errors.map(({ reason }) => reason);
  };
  assert.deepEqual(reasonsOf(`abs(1) + sum("x") > up[5m]`), [
    `expected type instant vector in call to function "abs", got scalar`,
    "expected type instant vector in aggregation expression, got string",
    "binary expression must contain only scalar and instant vector types",
  ]);
  assert.deepEqual(reasonsOf("no_such(up) + abs(1) )"), [
    `unknown function with name "no_such"`,
    "unexpected right parenthesis ')'",
  ]);
});

Deno.test("a query too long or too deep is refused, not crashed on", () => {
  const tooDeep = [
    `${"(".repeat(600)}up${")".repeat(600)}`,
    `${"-".repeat(600)}up`,
    `up${" + up".repeat(600)}`,
    `up${" ^ up".repeat(600)}`,
    `up[${"1 + ".repeat(600)}1]`,
    `up offset ${"(".repeat(600)}1${")".repeat(600)}`,
  ];
  for (const query of tooDeep) {
    const result = parseExpr(query);
    assert(result.kind === "error");
    assert.match(result.errors[0].reason, /nests deeper than 500 levels/);
  }
  const result = parseExpr(`${" ".repeat(100_000)}up`);
  assert(result.kind === "error");
  assert.equal(result.errors[0].reason, "query is longer than 100000 characters");
});

const selectors: [selector: string, message: string][] = [
  ["", "unknown position: parse error: unexpected end of input"],
  ["up + up", "1:4: parse error: unexpected <op:+>"],
  ["up[5m]", `1:3: parse error: unexpected "["`],
  ["sum(up)", `1:4: parse error: unexpected "("`],
  [`{job="web"`, "1:11: parse error: unexpected end of input inside braces"],
];
for (const [selector, message] of selectors) {
  Deno.test(`a series selector is refused: ${JSON.stringify(selector)}`, () => {
    const result = parseSelector(selector);
    assert(result.kind === "error");
    assert.equal(result.errors[0].message, message);
  });
}
