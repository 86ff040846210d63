import assert from "node:assert/strict";
import { Logging, type LoggingOptions } from "../../src/base/log.ts";

function logging(options: Partial<LoggingOptions>) {
  const lines: string[] = [];
  return {
    lines,
    logging: new Logging({
      format: "json",
      write: (line) => lines.push(line),
      wallNow: () => 1_700_000_000_123,
      ...options,
    }),
  };
}

Deno.test("JSON log lines carry time, level, component, message and fields", () => {
  const { logging: made, lines } = logging({});
  made.logger("config").warn("odd", { key: "a.b", error: new Error("no\nway") });
  assert.deepEqual(JSON.parse(lines[0]), {
    time: "2023-11-14T22:13:20.123Z",
    level: "WARN",
    component: "config",
    msg: "odd",
    key: "a.b",
    error: "no way",
  });
});

Deno.test("text log lines are for people, in their time zone", () => {
  const { logging: made, lines } = logging({ format: "text", timeZone: "Asia/Tokyo" });
  made.logger("main").info("hello there", { n: 1, what: "two words", plain: "one" });
  assert.equal(lines[0], '07:13:20.123 INFO  main      hello there n=1 what="two words" plain=one');
});

const levels: { name: string; options: Partial<LoggingOptions>; component: string; want: string[] }[] = [
  { name: "info is the default", options: {}, component: "main", want: ["INFO", "WARN", "ERROR"] },
  { name: "a level for all", options: { level: "error" }, component: "main", want: ["ERROR"] },
  {
    name: "a component's own level wins",
    options: { level: "error", levels: { main: "debug" } },
    component: "main",
    want: ["DEBUG", "INFO", "WARN", "ERROR"],
  },
];
for (const { name, options, component, want } of levels) {
  Deno.test(`log: ${name}`, () => {
    const { logging: made, lines } = logging(options);
    const logger = made.logger(component);
    logger.debug("x");
    logger.info("x");
    logger.warn("x");
    logger.error("x");
    assert.deepEqual(lines.map((line) => JSON.parse(line).level), want);
  });
}

Deno.test("a log whose reader has gone harms nobody", () => {
  const { logging: made } = logging({
    write: () => {
      throw new Error("broken pipe");
    },
  });
  made.logger("main").error("x");
});

Deno.test("a log line that can't be JSON loses its fields, not its message", () => {
  const { logging: made, lines } = logging({});
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  made.logger("main").info("x", { cycle });
  assert.equal(JSON.parse(lines[0]).msg, "x");
});

Deno.test("a log line is bounded", () => {
  const { logging: made, lines } = logging({});
  made.logger("main").info("x".repeat(100_000));
  assert.ok(lines[0].length < 9_000);
});
