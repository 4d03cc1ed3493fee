// Recordings of a mount, to play, download and delete.

import { ask, mountPath } from "../api.js";
import { clock, el } from "../dom.js";
import { act } from "./action.js";
import { agreed } from "./question.js";
import { bytes } from "./words.js";

// recordings returns a panel, and functions that update it.
export function recordings(name) {
	let asked = 0, shown = "";
	const rows = el("tbody"), player = el("audio", {controls: true, preload: "none", hidden: true});
	const none = el("p", {class: "soft"}), playing = el("p", {class: "soft mono"});
	const table = el("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "Files"},
		el("table", {}, el("thead", {}, el("tr", {}, ...["File", "Begun", "Size"].map(text => el("th", {scope: "col", text})), el("td"))), rows));
	const panel = el("section", {class: "panel", id: "recordings"}, el("h2", {text: "Recordings"}), none, table, playing, player);
	const path = file => mountPath(name, "/recordings/" + encodeURIComponent(file));

	function row(f) {
		const audio = !f.name.endsWith(".cue");
		return el("tr", {}, el("td", {}, el("a", {href: "/api/v1" + path(f.name), download: f.name, text: f.name}), " ", f.running && el("span", {class: "lamp live", text: "Recording"})),
			el("td", {class: "figures", text: clock(f.begun)}), el("td", {class: "figures", text: bytes(f.size)}),
			el("td", {class: "steer"},
				audio && el("button", {type: "button", class: "small", text: "Play", "aria-label": "Play " + f.name, on: {click: () => play(f.name)}}), " ",
				audio && !f.running && el("button", {type: "button", class: "small danger", text: "Delete", "aria-label": "Delete " + f.name, on: {click: () => remove(f.name)}})));
	}

	function play(file) {
		playing.textContent = file;
		player.hidden = false;
		player.src = "/api/v1" + path(file);
		player.play().catch(() => {}); // the player's own controls show the error
	}

	async function remove(file) {
		if (!await agreed(`Delete ${file}?`, "This deletes the recording and its cue sheet for good.", "Delete")) return;
		if (playing.textContent === file) {
			player.removeAttribute("src");
			player.hidden = true;
			playing.textContent = "";
		}
		if (await act(ask("DELETE", path(file)), `${file} is deleted`)) show();
	}

	async function show() {
		asked = Date.now();
		let items = [], problem;
		try { ({items} = await ask("GET", mountPath(name, "/recordings"))); } catch (failed) { problem = failed; }
		table.hidden = items.length === 0;
		none.hidden = items.length > 0;
		none.textContent = problem?.message ?? "No recordings. To record this mount, set “Folder for recordings” under Settings.";
		const now = JSON.stringify(items);
		if (now === shown) return; // keep a button that is about to be pressed
		shown = now;
		rows.replaceChildren(...items.map(row));
	}

	return {panel, update() { if (Date.now() - asked > 10000) show(); }};
}
