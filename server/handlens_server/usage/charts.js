// Trend lines: the mean as a line, least to most as a band, silences as gaps.
import {make, drawn, keyed, replaceText, bytes, percent, clock} from "/usage/parts.js";

const METRICS = {
  gpu_utilization_percent: "GPU", cpu_utilization_percent: "CPU",
  memory_used_bytes: "Memory used", memory_total_bytes: "Memory in all",
};
const RANGES = {"1 h": 1, "6 h": 6, "24 h": 24, "7 d": 168, "30 d": 720};

function geometry(found, points, box) {
  const share = found.metric.endsWith("percent");
  const highest = Math.max(...points.map(point => point[3]), 0);
  const top = share && highest <= 100 ? 100 : highest * 1.08 || 1;
  return {
    top, share,
    x: time => box.left + (time - found.begin) / (found.end - found.begin) * box.width,
    y: value => box.top + (1 - value / top) * box.height,
  };
}

function runs(points, bucket) {
  const found = [];
  for (const point of points) {
    const last = found.at(-1);
    if (last && point[0] - last.at(-1)[0] <= bucket * 1.5) last.push(point);
    else found.push([point]);
  }
  return found;
}

function shapes(found, points, {x, y}) {
  return runs(points, found.bucket).flatMap(run => {
    const middle = point => x(point[0] + found.bucket / 2).toFixed(1);
    if (run.length === 1) return [drawn("circle", {class: "dot", cx: middle(run[0]), cy: y(run[0][1]).toFixed(1), r: 2.5})];
    const over = run.map(point => `${middle(point)},${y(point[3]).toFixed(1)}`);
    const under = run.map(point => `${middle(point)},${y(point[2]).toFixed(1)}`).reverse();
    return [
      drawn("polygon", {class: "band", points: [...over, ...under].join(" ")}),
      drawn("polyline", {class: "lined", points: run.map(point => `${middle(point)},${y(point[1]).toFixed(1)}`).join(" ")}),
    ];
  });
}

/** A small trend of one task in a cell. */
export function spark(cell, found, task) {
  const points = found?.tasks[task] ?? [];
  const state = found && `${found.end} ${found.hours} ${points.length}`;
  if (cell.dataset.state === state) return;
  cell.dataset.state = state;
  if (!points.length) { cell.replaceChildren(); return; }
  const box = {left: 2, top: 3, width: 146, height: 28};
  const place = geometry(found, points, box);
  const said = `${METRICS[found.metric]}, last ${found.hours} hours: ${written(points.at(-1)[1], place.share)} at the end`;
  cell.replaceChildren(drawn("svg", {class: "spark", viewBox: "0 0 150 34", preserveAspectRatio: "none", role: "img", "aria-label": said},
    drawn("line", {class: "grid", x1: 0, x2: 150, y1: 31.5, y2: 31.5}), ...shapes(found, points, place)));
}

const written = (value, share) => share ? percent(value) : bytes(value);

/** The row under a task: its metrics over time, with what the pointer is on. */
export function detail(console, task, columns, ask) {
  const wanted = {metric: console.trend, hours: 24};
  const drawing = make("div");
  const ranges = make("div", {class: "ranges", role: "group", "aria-label": "Time shown"});
  const metric = make("select", {"aria-label": "Metric"}, ...Object.entries(METRICS).map(([name, title]) => make("option", {value: name}, title)));
  metric.value = wanted.metric;
  const summary = make("span", {class: "why"});
  const row = make("tr", {class: "detail"}, make("td", {colspan: columns}, make("div", {class: "tools"}, metric, ranges, summary), drawing));
  const load = async () => {
    keyed(ranges, Object.entries(RANGES), ([name]) => name, ([name, hours]) => {
      const button = make("button", {}, name);
      button.addEventListener("click", () => { wanted.hours = hours; load(); });
      return button;
    }, (button, [, hours]) => button.setAttribute("aria-pressed", String(hours === wanted.hours)));
    try {
      const found = await ask(`/usage/api/trends?${new URLSearchParams({console: console.name, task, ...wanted})}`);
      if (found.metric === wanted.metric && found.hours === wanted.hours) draw(drawing, summary, found, found.tasks[task] ?? []);
    } catch (error) {
      replaceText(summary, error.message);
    }
  };
  metric.addEventListener("change", () => { wanted.metric = metric.value; load(); });
  row.update = load;
  return row;
}

function draw(drawing, summary, found, points) {
  if (!points.length) {
    replaceText(summary, "No sample in this time.");
    drawing.replaceChildren();
    return;
  }
  const width = Math.max(280, drawing.clientWidth || 800), height = 220;
  const box = {left: 64, top: 10, width: width - 76, height: 180};
  const place = geometry(found, points, box);
  const samples = points.reduce((sum, point) => sum + point[4], 0);
  const mean = points.reduce((sum, point) => sum + point[1] * point[4], 0) / samples;
  replaceText(summary, `${samples} samples · least ${written(Math.min(...points.map(point => point[2])), place.share)} · mean ${written(mean, place.share)} · most ${written(Math.max(...points.map(point => point[3])), place.share)}`);
  const lines = [0, 0.25, 0.5, 0.75, 1].flatMap(share => [
    drawn("line", {class: "grid", x1: box.left, x2: box.left + box.width, y1: place.y(place.top * share), y2: place.y(place.top * share)}),
    drawn("text", {class: "axis", x: box.left - 8, y: place.y(place.top * share) + 4, "text-anchor": "end"}, written(place.top * share, place.share)),
  ]);
  const ticks = Math.max(2, Math.min(7, Math.floor(box.width / 120)));
  const times = Array.from({length: ticks}, (_, number) => {
    const time = found.begin + (found.end - found.begin) * number / (ticks - 1);
    const anchor = number === 0 ? "start" : number === ticks - 1 ? "end" : "middle";
    return drawn("text", {class: "axis", x: place.x(time), y: height - 8, "text-anchor": anchor}, short(time, found.hours));
  });
  const cross = drawn("line", {class: "cross", y1: box.top, y2: box.top + box.height, visibility: "hidden"});
  const dot = drawn("circle", {class: "dot", r: 4, visibility: "hidden"});
  const chart = drawn("svg", {class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": summary.textContent}, ...lines, ...times, ...shapes(found, points, place), cross, dot);
  pointed(chart, found, points, place, {cross, dot, width});
  drawing.replaceChildren(chart);
}

function short(time, hours) {
  return new Date(time).toLocaleString([], hours <= 48 ? {hour: "2-digit", minute: "2-digit"} : {month: "short", day: "numeric"});
}

function pointed(chart, found, points, place, {cross, dot, width}) {
  const tip = document.getElementById("tip");
  const middle = point => point[0] + found.bucket / 2;
  const hide = () => { tip.hidden = true; cross.setAttribute("visibility", "hidden"); dot.setAttribute("visibility", "hidden"); };
  chart.addEventListener("pointerleave", hide);
  chart.addEventListener("pointermove", event => {
    const frame = chart.getBoundingClientRect();
    const across = (event.clientX - frame.left) / frame.width * width;
    const near = points.reduce((best, point) => Math.abs(place.x(middle(point)) - across) < Math.abs(place.x(middle(best)) - across) ? point : best);
    const x = place.x(middle(near));
    for (const [name, value] of [["x1", x], ["x2", x], ["visibility", "visible"]]) cross.setAttribute(name, value);
    for (const [name, value] of [["cx", x], ["cy", place.y(near[1])], ["visibility", "visible"]]) dot.setAttribute(name, value);
    replaceText(tip, `${clock(near[0])}\nmean ${written(near[1], place.share)}\n${written(near[2], place.share)} to ${written(near[3], place.share)}, ${near[4]} samples`);
    tip.hidden = false;
    tip.style.left = `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`;
    tip.style.top = `${Math.max(8, event.clientY - tip.offsetHeight - 12)}px`;
  });
}
