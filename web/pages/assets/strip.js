// How a source's audio arrived: a bar for each second of the last two minutes.

const ns = "http://www.w3.org/2000/svg";
const span = 120; // seconds

// drawStrip draws milliseconds of audio per second, the newest last. A second that
// received about as much audio as it lasts has a full bar; late audio makes one bar
// short and the next one full.
export function drawStrip(svg, seconds) {
	const first = span - seconds.length;
	while (svg.children.length < seconds.length) svg.append(document.createElementNS(ns, "rect"));
	while (svg.children.length > seconds.length) svg.lastChild.remove();
	svg.setAttribute("viewBox", `0 0 ${span} 24`);
	seconds.forEach((ms, at) => {
		const bar = svg.children[at];
		const kind = ms >= 700 ? "whole" : ms > 0 ? "late" : "missing";
		const height = ms > 0 ? Math.max(3, Math.min(24, 24 * ms / 1200)) : 2;
		if (bar.getAttribute("class") !== kind) bar.setAttribute("class", kind);
		bar.setAttribute("x", first + at + .1);
		bar.setAttribute("width", .8);
		bar.setAttribute("y", 24 - height);
		bar.setAttribute("height", height);
	});
}

// receptionText describes gaps and delays in words.
export function receptionText(r) {
	const parts = r.too_slow ? [`Too slow: only ${r.bitrate} kbit/s arrive, so listeners will hear gaps. Check the connection and the encoder`] : [];
	parts.push(r.gaps ? r.gaps === 1 ? "1 gap" : `${r.gaps} gaps` : "No gaps");
	if (r.gaps) parts.push(`longest ${r.longest_gap.toFixed(1)} s`, `${r.missing.toFixed(1)} s missing`);
	parts.push(`jitter ${Math.round(r.jitter_ms)} ms`);
	if (r.resyncs) parts.push(`${r.resyncs} resyncs`);
	if (r.garbage) parts.push(`${r.garbage} bytes of garbage`);
	return parts.join(" · ");
}
