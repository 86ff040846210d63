// The status page: looks once a second at what Bunny says of itself, and draws it. Reads only.
/* global uPlot */

const LOOK_EVERY_MS = 1_000;
const CHART_EVERY_LOOKS = 5;
const CHART_SECONDS = 300;
const CHART_POINTS = 150;
const COLORS = ["#2f6fde", "#c2571a", "#1a7f4b", "#9a3fb5", "#b0890f", "#0f8b9a", "#c0332b", "#6d6a64"];

const $ = (id) => document.getElementById(id);

/** Makes an element; children are elements or text, and text is never taken for HTML. */
function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== undefined && child !== ""));
  return made;
}

async function getJson(path) {
  const response = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(10_000) });
  return await response.json();
}

function escaped(path) {
  return path.split("/").map(encodeURIComponent).join("/");
}

function ago(iso) {
  const seconds = Math.max(0, (Date.now() - Date.parse(iso)) / 1_000);
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  if (seconds < 5_400) return `${(seconds / 60).toFixed(0)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}

function state(name, kind) {
  const marks = { good: "✓ ", bad: "✗ ", unknown: "? " };
  return el("span", { class: `state ${kind}` }, marks[kind] + name);
}

function verdictCard(verdict) {
  const healthy = verdict.verdict === "healthy";
  return el(
    "article",
    { class: "card" },
    el("h3", {}, el("a", { href: `./${escaped(verdict.endpoint)}?verbose` }, `/${verdict.endpoint}`)),
    el(
      "p",
      {},
      state(verdict.verdict, healthy ? "good" : "bad"),
      el("span", { class: "soft" }, ` for ${ago(verdict.since)}`),
    ),
    el("p", {}, verdict.reason),
    verdict.description ? el("p", { class: "soft" }, verdict.description) : undefined,
    el("p", {}, el("code", {}, verdict.query)),
  );
}

/** Charts and cards by probe name: kept, so that a look changes numbers and does not build the page anew. */
const shown = new Map();

function probeCard(name) {
  const facts = el("div");
  const chart = el("div", { class: "chart" });
  const card = el("article", { class: "probe" }, facts, chart);
  $("probes").append(card);
  const made = { card, facts, chart, plot: undefined };
  shown.set(name, made);
  return made;
}

function showProbe(probe) {
  const { facts } = shown.get(probe.name) ?? probeCard(probe.name);
  const passed = probe.lastOutcome === "pass";
  const kind = probe.lastOutcome === null ? "unknown" : passed ? "good" : "bad";
  const says = { unknown: "not yet run", good: "passes", bad: "fails" }[kind];
  const row = passed ? probe.consecutiveSuccesses : probe.consecutiveFailures;
  facts.replaceChildren(
    el("h3", {}, probe.name, el("span", { class: "soft" }, ` ${probe.type}`)),
    el(
      "p",
      {},
      state(says, kind),
      el("span", { class: "soft" }, kind === "unknown" ? "" : ` ${row} in a row`),
    ),
    el("p", { class: "soft" }, el("code", {}, probe.target)),
    el("p", { class: "soft" }, `every ${probe.periodMs} ms, at most ${probe.timeoutMs} ms`),
    el(
      "ul",
      {},
      ...probe.lastFailures.slice(0, 3).map(({ time, reason, detail }) =>
        el("li", {}, `${reason} ${ago(time)} ago: ${detail}`)
      ),
    ),
  );
}

function chartOptions(width, height, series, format, legend) {
  const style = getComputedStyle(document.documentElement);
  const axis = {
    stroke: style.getPropertyValue("--soft"),
    grid: { stroke: style.getPropertyValue("--line"), width: 1 },
    ticks: { stroke: style.getPropertyValue("--line"), width: 1 },
    font: "11px system-ui",
  };
  return {
    width,
    height,
    cursor: { y: false },
    legend: { show: legend, live: true },
    series: [{}, ...series],
    axes: [axis, { ...axis, size: 60, values: (_plot, ticks) => ticks.map(format) }],
  };
}

/** One column of times and one of values per series, with gaps as null: what uPlot draws. */
function columns(matrix, start, end, step) {
  const times = [];
  for (let time = start; time <= end + step / 2; time += step) times.push(time);
  const rows = matrix.map(({ values = [] }) => {
    const row = new Array(times.length).fill(null);
    for (const [time, value] of values) row[Math.round((time - start) / step)] = Number(value);
    return row;
  });
  return [times, ...rows];
}

async function range(query, seconds, points) {
  const end = Math.floor(Date.now() / 1_000);
  const start = end - seconds;
  const step = Math.max(1, Math.round(seconds / points));
  const form = new URLSearchParams({ query, start, end, step });
  const answer = await getJson(`api/v1/query_range?${form}`);
  if (answer.status !== "success") throw new Error(answer.error);
  return { start, end, step, result: answer.data.result };
}

function milliseconds(seconds) {
  if (seconds === null || seconds === undefined) return "";
  return seconds < 1 ? `${+(seconds * 1_000).toPrecision(3)} ms` : `${+seconds.toPrecision(3)} s`;
}

async function drawProbes() {
  const [durations, failures] = await Promise.all([
    range("max by (probe) (max_over_time(probe_duration_seconds[2s]))", CHART_SECONDS, CHART_POINTS),
    range(
      "max by (probe) (max_over_time(probe_duration_seconds[2s])) unless min by (probe) (min_over_time(probe_success[2s])) == 1",
      CHART_SECONDS,
      CHART_POINTS,
    ),
  ]);
  const style = getComputedStyle(document.documentElement);
  for (const [name, { chart, plot }] of shown) {
    const of = ({ result }) => result.filter(({ metric }) => metric.probe === name).slice(0, 1);
    const { start, end, step } = durations;
    const [times, took = []] = columns(of(durations), start, end, step);
    const [, failed = []] = columns(of(failures), start, end, step);
    const data = [
      times,
      took.length ? took : times.map(() => null),
      failed.length ? failed : times.map(() => null),
    ];
    if (plot && plot.width === chart.clientWidth) {
      plot.setData(data);
      continue;
    }
    plot?.destroy();
    const series = [
      { label: "took", stroke: "#2f6fde", width: 1.5, value: (_plot, value) => milliseconds(value) },
      {
        label: "failed",
        stroke: style.getPropertyValue("--bad"),
        width: 0,
        points: { show: true, size: 5, fill: style.getPropertyValue("--bad") },
        value: (_plot, value) => milliseconds(value),
      },
    ];
    shown.get(name).plot = new uPlot(
      chartOptions(chart.clientWidth, 130, series, milliseconds, false),
      data,
      chart,
    );
  }
}

let looks = 0;
let hasApi = false;

async function look() {
  const status = await getJson("-/status");
  const verdicts = await Promise.all(status.endpoints.map((path) => getJson(`./${escaped(path)}?verbose`)));
  $("about").textContent = `${status.version} · up ${ago(status.startedAt)} · configuration applied ` +
    `${ago(status.configAppliedAt)} ago${status.configGood ? "" : " · the file on disk has mistakes"}`;
  $("verdicts").replaceChildren(...verdicts.map(verdictCard));
  const names = new Set(status.probes.map(({ name }) => name));
  for (const [name, { card, plot }] of shown) {
    if (names.has(name)) continue;
    plot?.destroy();
    card.remove();
    shown.delete(name);
  }
  status.probes.forEach(showProbe);
  hasApi = status.api;
  $("query-section").hidden = !hasApi;
  if (hasApi && looks++ % CHART_EVERY_LOOKS === 0) await drawProbes();
}

async function keepLooking() {
  while (true) {
    try {
      if (!document.hidden) await look();
      $("lost").hidden = true;
    } catch (error) {
      console.error(error);
      $("lost").hidden = false;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function nameOf(metric) {
  const { __name__ = "", ...labels } = metric;
  const inner = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ");
  return __name__ + (inner || !__name__ ? `{${inner}}` : "");
}

let queryPlot;

async function runQuery(event) {
  event.preventDefault();
  const says = $("query-says");
  says.textContent = "…";
  try {
    const { start, end, step, result } = await range($("query").value, Number($("reach").value), 300);
    says.textContent = result.length === 0 ? "The query found nothing." : `${result.length} series`;
    queryPlot?.destroy();
    queryPlot = undefined;
    const drawn = result.slice(0, 20);
    if (drawn.length > 0) {
      const series = drawn.map(({ metric }, i) => ({
        label: nameOf(metric),
        stroke: COLORS[i % COLORS.length],
        width: 1.5,
      }));
      const number = (value) => String(+value.toPrecision(4));
      const options = chartOptions($("query-chart").clientWidth, 260, series, number, true);
      queryPlot = new uPlot(options, columns(drawn, start, end, step), $("query-chart"));
    }
    $("query-table").replaceChildren(
      ...result.slice(0, 100).map(({ metric, values = [] }) =>
        el("tr", {}, el("td", {}, el("code", {}, nameOf(metric))), el("td", {}, values.at(-1)?.[1] ?? ""))
      ),
    );
  } catch (error) {
    says.textContent = error.message;
  }
}

$("query-form").addEventListener("submit", runQuery);
keepLooking();
