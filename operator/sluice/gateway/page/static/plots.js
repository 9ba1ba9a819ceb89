// Plots, as plain SVG. Each has a sentence for who cannot see it, and a table beside it.

import { el, svg } from "./dom.js";
import { duration, now, shortClock } from "./time.js";

const STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, 31536000];
const TICKS = 6;
const TICK_WIDTH = 84; // Pixels that a mark of the time axis takes with its words.
const LETTER = 7; // Pixels that a letter of a plot's text takes, or a little more.

function stepFor(seconds, most = TICKS) {
  return STEPS.find((step) => seconds / step <= most) ?? seconds / most;
}

function plot(width, height, label, ...children) {
  return svg("svg", { class: "plot", role: "img", "aria-label": label, viewBox: `0 0 ${width} ${height}`, width, height }, ...children);
}

function text(x, y, anchor, words, kind = "tick") {
  return svg("text", { x, y, "text-anchor": anchor, class: kind }, words);
}

function briefly(seconds) {
  return duration(seconds).replace(/^(\d+)\.0 /, "$1 ");
}

// From left to right: `begin` until now, with marks of how long ago.
function timeAxis(begin, end, left, right, y, height) {
  const span = Math.max(1, (end - begin) / 1000);
  const scale = (time) => left + ((Date.parse(time) || time) - begin) / (span * 1000) * (right - left);
  const step = stepFor(span, Math.min(TICKS, Math.max(1, (right - left) / TICK_WIDTH)));
  const marks = [];
  for (let seconds = 0; seconds <= span; seconds += step) {
    const x = scale(end - seconds * 1000);
    if (seconds > 0 && x < left + 24) break;
    marks.push(svg("line", { x1: x, x2: x, y1: y - height, y2: y, class: "grid" }));
    marks.push(text(x, y + 16, seconds === 0 ? "end" : "middle", seconds === 0 ? "now" : `${briefly(seconds)} ago`));
  }
  return { scale, marks };
}

// The life of an object: its states as a band, above it checkpoints, requests and errors as they happened.
export function drawLife({ spans, checkpoints, moments }, width) {
  const end = now();
  const known = [...spans.map((span) => span.since), ...checkpoints.map((each) => each.at)].filter(Boolean);
  if (known.length === 0) return el("p", { class: "quiet" }, "Nothing has happened yet.");
  const begin = Math.min(...known.map(Date.parse), end - 10000);
  const [left, right, top, bottom] = [4, width - 4, 40, 76];
  const { scale, marks } = timeAxis(begin, end, left, right, bottom, bottom - 8);
  const band = spans.flatMap((span) => drawSpan(span, scale, top, bottom - top - 6, end));
  const points = [
    ...moments.filter((each) => each.kind === "error" || each.kind === "request").map((each) => [each.kind, each.at, each.text]),
    ...checkpoints.filter((each) => each.at).map((each) => ["checkpoint", each.at, `checkpoint ${each.uuid}`]),
  ].filter(([, at]) => Date.parse(at) >= begin);
  const errors = points.filter(([kind]) => kind === "error").length;
  const label = `States from ${shortClock(begin)} until now: ${spans.map((span) => span.state).join(", then ")}; ${checkpoints.length} checkpoints, ${errors} errors.`;
  return plot(width, bottom + 22, label, ...marks, ...band, ...points.map(([kind, at, words]) => drawPoint(kind, scale(at), words)));
}

function drawSpan(span, scale, y, height, end) {
  const [from, to] = [scale(span.since), scale(span.until ?? end)];
  const width = Math.max(2, to - from);
  const title = svg("title", {}, `${span.state}, from ${shortClock(span.since)}${span.until ? ` to ${shortClock(span.until)}` : " on"}`);
  const shape = svg("rect", { x: from, y, width, height, rx: Math.min(4, width / 2), class: `span ${span.tone}` }, title);
  const isRoomy = width > span.state.length * LETTER + 12;
  return isRoomy ? [shape, text(from + width / 2, y + height / 2 + 4, "middle", span.state, "inside")] : [shape];
}

const TOPS = { checkpoint: 17, error: 5, request: 5 };
const SHAPES = {
  checkpoint: (x) => svg("path", { d: `M${x} 18l6 6-6 6-6-6z`, class: "point checkpoint" }),
  error: (x) => svg("path", { d: `M${x - 5} 7l10 10m0-10l-10 10`, class: "point error" }),
  request: (x) => svg("path", { d: `M${x - 4} 7v10l8-5z`, class: "point request" }),
};

function drawPoint(kind, x, words) {
  const shape = SHAPES[kind](x);
  shape.append(svg("title", {}, words));
  return shape;
}

export function legend() {
  const entry = (kind, words) => el("li", {}, svg("svg", { width: 14, height: 14, viewBox: `0 ${TOPS[kind]} 14 14`, "aria-hidden": "true" }, SHAPES[kind](7)), words);
  return el("ul", { class: "legend" }, entry("checkpoint", "checkpoint"), entry("request", "somebody asked"), entry("error", "error"));
}

// How old the newest checkpoint was at every moment: what a crash would have cost then.
export function drawAges(checkpoints, everySeconds, width) {
  const times = checkpoints.map((each) => Date.parse(each.at)).filter(Number.isFinite).sort((one, other) => one - other);
  if (times.length === 0) return el("p", { class: "quiet" }, "There is no checkpoint of which it is known when it was made.");
  const end = Math.max(now(), times.at(-1) + 1000);
  const ends = [...times.slice(1), end];
  const gaps = times.map((time, index) => (ends[index] - time) / 1000);
  const highest = Math.max(...gaps, everySeconds ?? 0, 1);
  const [left, right, top, bottom] = [64, width - 6, 20, 152];
  const { scale, marks } = timeAxis(times[0], end, left, right, bottom, 0);
  const y = (seconds) => bottom - (seconds / highest) * (bottom - top);
  const step = stepFor(highest);
  for (let seconds = step; seconds <= highest; seconds += step) {
    marks.push(svg("line", { x1: left, x2: right, y1: y(seconds), y2: y(seconds), class: "grid" }));
    marks.push(text(left - 6, y(seconds) + 4, "end", briefly(seconds)));
  }
  const teeth = times.map((time, index) => `L${scale(time)} ${bottom}L${scale(ends[index])} ${y(gaps[index])}`).join("");
  const line = `M${scale(times[0])} ${bottom}${teeth}`;
  const declared = everySeconds
    ? [svg("line", { x1: left, x2: right, y1: y(everySeconds), y2: y(everySeconds), class: "declared" }), text(right - 4, y(everySeconds) - 5, "end", `declared: every ${briefly(everySeconds)}`, "declared-text")]
    : [];
  const label = `Age of the newest checkpoint over time: at most ${duration(Math.max(...gaps))}, now ${duration(gaps.at(-1))}, over ${times.length} checkpoints.`;
  return plot(
    width,
    bottom + 24,
    label,
    ...marks,
    svg("path", { d: `${line}L${scale(end)} ${bottom}z`, class: "area" }),
    svg("path", { d: line, class: "line" }),
    svg("line", { x1: left, x2: right, y1: bottom, y2: bottom, class: "axis" }),
    ...times.map((time) => svg("circle", { cx: scale(time), cy: bottom, r: 3.5, class: "dot" }, svg("title", {}, `checkpoint at ${shortClock(time)}`))),
    ...declared,
  );
}

// How long things took: a bar for each, the newest at the bottom.
export function drawDurations(durations, width) {
  if (durations.length === 0) return el("p", { class: "quiet" }, "Nothing that was timed has ended yet.");
  const shown = durations.slice(-8);
  const highest = Math.max(...shown.map((each) => each.seconds), 0.1);
  const [right, row] = [width - 74, 38];
  const bars = shown.flatMap((each, index) => {
    const y = index * row;
    const length = Math.max(2, (each.seconds / highest) * right);
    return [
      text(0, y + 13, "start", `${each.what}, at ${shortClock(each.at)}`, "label"),
      svg("rect", { x: 0, y: y + 18, width: length, height: 12, rx: 3, class: "bar-shape" }),
      text(length + 6, y + 28, "start", duration(each.seconds), "value"),
    ];
  });
  const longest = shown.reduce((one, other) => (other.seconds > one.seconds ? other : one));
  const label = `How long ${shown.length} things took; the longest is ${longest.what}: ${duration(longest.seconds)}.`;
  return plot(width, shown.length * row, label, ...bars);
}
