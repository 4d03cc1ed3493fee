// A curve of listeners over time.

import { el } from "../dom.js";
import { plural } from "./words.js";

const ns = "http://www.w3.org/2000/svg";
const width = 720, height = 200, left = 44, right = 8, top = 10, bottom = 24;

function svg(tag, properties, ...inside) {
	const element = document.createElementNS(ns, tag);
	for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
	element.append(...inside);
	return element;
}

// ceiling returns a round number of at least n that is divisible into four whole
// steps.
function ceiling(n) {
	for (let unit = 1; ; unit *= 10)
		for (const round of [4, 8, 12, 20, 28]) if (round * unit >= n) return round * unit;
}

// curve returns a figure of points {at, listeners, peak} between two times, both in
// milliseconds. The line is the peak of each step: an average would hide the peaks
// that people look for.
export function curve(points, from, to) {
	const most = ceiling(Math.max(...points.map(p => p.peak), 0));
	const x = time => left + (width - left - right) * (time - from) / (to - from);
	const y = n => height - bottom - (height - top - bottom) * n / most;
	const picture = svg("svg", {viewBox: `0 0 ${width} ${height}`, role: "img",
		"aria-label": `Listeners over time, ${Math.max(0, ...points.map(p => p.peak))} at most`});
	for (let n = 0; n <= most; n += most / 4)
		picture.append(svg("line", {class: "grid", x1: left, x2: width - right, y1: y(n), y2: y(n)}),
			svg("text", {x: left - 8, y: y(n) + 4, "text-anchor": "end"}, n.toLocaleString()));
	const long = to - from > 36 * 3600e3;
	const label = time => new Date(time).toLocaleString([], long ? {day: "numeric", month: "short"} : {hour: "2-digit", minute: "2-digit"});
	for (let i = 0; i <= 4; i++) {
		const time = from + (to - from) * i / 4;
		picture.append(svg("text", {x: x(time), y: height - 6, "text-anchor": i === 0 ? "start" : i === 4 ? "end" : "middle"}, label(time)));
	}
	const places = points.map(p => ({...p, x: Math.max(left, x(new Date(p.at).getTime())), y: y(p.peak)}));
	if (places.length) {
		const line = places.map((p, i) => `${i ? "L" : "M"}${p.x.toFixed(1)} ${p.y.toFixed(1)}`).join("") + (places.length === 1 ? "h.01" : "");
		picture.append(
			svg("path", {class: "area", d: `${line}L${places.at(-1).x.toFixed(1)} ${y(0)}L${places[0].x.toFixed(1)} ${y(0)}Z`}),
			svg("path", {class: "curve", d: line}));
	}
	const mark = svg("circle", {class: "mark", r: 4, cx: -10, cy: -10});
	picture.append(mark);
	const caption = el("figcaption", {class: "soft figures"});
	const rest = places.length ? "" : "No data yet. The first point appears within a minute.";
	caption.textContent = rest;
	picture.addEventListener("pointermove", event => {
		if (!places.length) return;
		const box = picture.getBoundingClientRect(), at = (event.clientX - box.left) * width / box.width;
		const nearest = places.reduce((best, p) => Math.abs(p.x - at) < Math.abs(best.x - at) ? p : best);
		mark.setAttribute("cx", nearest.x);
		mark.setAttribute("cy", nearest.y);
		const when = new Date(nearest.at).toLocaleString([], {dateStyle: "medium", timeStyle: "short"});
		caption.textContent = `${when}: ${plural(nearest.peak, "listener")} at most, ${nearest.listeners.toLocaleString([], {maximumFractionDigits: 1})} on average`;
	});
	picture.addEventListener("pointerleave", () => {
		mark.setAttribute("cx", -10);
		caption.textContent = rest;
	});
	return el("figure", {class: "chart"}, picture, caption);
}
