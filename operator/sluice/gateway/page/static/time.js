// Moments and durations, by the gateway's clock: a person's own may be wrong.

import { el, setText } from "./dom.js";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;
let offset = 0; // Milliseconds that the gateway's clock is ahead of this one.

export function noteServerTime(header) {
  const time = Date.parse(header ?? "");
  // The header has whole seconds: what is nearer than that is as right as it can be.
  if (Number.isFinite(time) && Math.abs(time - Date.now() - offset) > 1500) offset = time - Date.now();
}

export function now() {
  return Date.now() + offset;
}

// As `kubectl sluice` says it: 0.4 s, 12 s, 3 min 5 s, 2 h 10 min, 4 d 3 h.
export function duration(seconds) {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  for (const [unit, name, smaller, smallName] of [
    [DAY, "d", HOUR, "h"],
    [HOUR, "h", MINUTE, "min"],
    [MINUTE, "min", 1, "s"],
  ]) {
    if (whole >= unit) {
      const rest = Math.floor((whole % unit) / smaller);
      return `${Math.floor(whole / unit)} ${name}${rest ? ` ${rest} ${smallName}` : ""}`;
    }
  }
  return `${whole} s`;
}

export function secondsSince(at) {
  return (now() - Date.parse(at)) / 1000;
}

function ago(at) {
  const seconds = secondsSince(at);
  return seconds < 10 ? "now" : duration(seconds);
}

export function clock(at) {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

export function shortClock(at) {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

// How long ago; it goes on by itself.
export function age(at) {
  if (!at) return el("span", { class: "none" }, "–");
  return el("time", { datetime: at, title: clock(at), class: "age" }, ago(at));
}

export function tick() {
  for (const element of document.querySelectorAll("time.age")) setText(element, ago(element.dateTime));
}

export function bytes(count) {
  if (count === null || count === undefined) return "–";
  let left = count;
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (left < 1024) return unit === "B" ? `${left.toFixed(0)} ${unit}` : `${left.toFixed(1)} ${unit}`;
    left /= 1024;
  }
  return `${left.toFixed(1)} TiB`;
}
