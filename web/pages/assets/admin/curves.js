// The curve of the last hour, day or month, of one mount or of all.

import { ask } from "../api.js";
import { el } from "../dom.js";
import { curve } from "./chart.js";

// Each span has its length and the length of one point, in seconds.
const spans = {hour: {seconds: 3600, step: 60}, day: {seconds: 86400, step: 600}, month: {seconds: 30 * 86400, step: 6 * 3600}};

// curves returns a panel, and functions that update it. It asks the server at most
// once per point.
export function curves(mount) {
	let chosen = "hour", asked = 0;
	const place = el("div");
	const choices = el("div", {class: "choice", role: "group", "aria-label": "Span"}, ...Object.keys(spans).map(name =>
		el("button", {type: "button", class: "small", "aria-pressed": String(name === chosen), text: "Last " + name, data: {span: name}})));
	const panel = el("section", {class: "panel"}, el("div", {class: "head"}, el("h2", {text: "Listeners"}), choices), place);

	async function draw() {
		const {seconds, step} = spans[chosen], to = Date.now(), from = to - seconds * 1000;
		asked = to;
		const query = new URLSearchParams({from: new Date(from).toISOString(), to: new Date(to).toISOString(), step});
		if (mount) query.set("mount", mount);
		try {
			const {items} = await ask("GET", "/history/listeners?" + query);
			if (asked === to) place.replaceChildren(curve(items, from, to));
		} catch (problem) {
			place.replaceChildren(el("p", {class: "soft", text: problem.message}));
		}
	}

	choices.addEventListener("click", event => {
		const span = event.target.dataset.span;
		if (!span) return;
		chosen = span;
		for (const button of choices.children) button.setAttribute("aria-pressed", String(button.dataset.span === span));
		draw();
	});
	draw();
	return {panel, update() { if (Date.now() - asked > 30000) draw(); }};
}
