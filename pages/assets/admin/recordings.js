// Recordings of a mount, to be downloaded.

import { ask, mountPath } from "../api.js";
import { clock, el } from "../dom.js";
import { bytes } from "./words.js";

// recordings returns a panel, and what brings it up to date.
export function recordings(name) {
	let asked = 0;
	const rows = el("tbody");
	const panel = el("section", {class: "panel", hidden: true}, el("h2", {text: "Recordings"}), el("div", {class: "scroll"}, el("table", {}, rows)));

	async function show() {
		asked = Date.now();
		const {items} = await ask("GET", mountPath(name, "/recordings")).catch(() => ({items: []}));
		panel.hidden = items.length === 0;
		rows.replaceChildren(...items.map(f => el("tr", {},
			el("td", {}, el("a", {href: "/api/v1" + mountPath(name, "/recordings/" + encodeURIComponent(f.name)), download: f.name, text: f.name})),
			el("td", {class: "figures", text: clock(f.begun)}), el("td", {class: "figures", text: bytes(f.size)}),
			el("td", {}, f.running && el("span", {class: "lamp live", text: "Recording"})))));
	}

	return {panel, update() { if (Date.now() - asked > 10000) show(); }};
}
