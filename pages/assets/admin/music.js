// What a mount plays when there is no source: its fallbacks and its own music.

import { ask, mountPath } from "../api.js";
import { el, set } from "../dom.js";
import { act } from "./action.js";

// music returns a panel, and what brings it up to date.
export function music(world, name) {
	let asked = 0;
	const fallbacks = el("input", {name: "fallbacks", "aria-label": "Fallbacks", placeholder: "/other, files", autocapitalize: "none", spellcheck: "false"});
	const replace = el("form", {class: "actions wide", on: {async submit(event) {
		event.preventDefault();
		const list = fallbacks.value.split(",").map(part => part.trim()).filter(Boolean);
		if (await act(ask("PUT", mountPath(name, "/fallbacks"), {fallbacks: list}), "In force until the mount ends")) fallbacks.blur();
	}}}, fallbacks, el("button", {type: "submit", text: "Replace"}));
	const trouble = el("p", {class: "soft"});
	const tracks = el("ol", {class: "queue"});
	const file = el("input", {name: "file", "aria-label": "File", placeholder: "Name of a file of its music", autocapitalize: "none", spellcheck: "false"});
	const queue = el("form", {class: "actions wide", on: {async submit(event) {
		event.preventDefault();
		if (await act(ask("POST", mountPath(name, "/queue"), {file: file.value}), "Lined up")) {
			file.value = "";
			show();
		}
	}}}, file, el("button", {type: "submit", text: "Line up"}));
	const skip = el("button", {type: "button", class: "small", text: "Skip this track", on: {click: () => act(ask("POST", mountPath(name, "/skip")), "On to the next").then(show)}});
	const clear = el("button", {type: "button", class: "small", text: "Forget what is lined up", on: {click: () => act(ask("DELETE", mountPath(name, "/queue")), "Forgotten").then(show)}});
	const own = el("div", {}, el("div", {class: "head"}, el("h3", {text: "Its own music, next"}), el("div", {class: "actions"}, skip, clear)), tracks, queue);
	const panel = el("section", {class: "panel"}, el("h2", {text: "When there is no source"}),
		el("p", {class: "soft", text: "What plays then, best first: mounts, and “files” for the mount’s own music. It holds until the mount ends; under Settings it is for good."}),
		replace, trouble, own);

	async function show() {
		asked = Date.now();
		try {
			const {items} = await ask("GET", mountPath(name, "/queue"));
			own.hidden = trouble.hidden = items.length === 0;
			if (items.length) tracks.replaceChildren(...items.map(t => el("li", {dir: "auto", title: t.file, text: t.title || t.file}, t.queued && el("span", {class: "soft", text: " lined up"}))));
			clear.disabled = !items.some(t => t.queued);
		} catch (problem) {
			own.hidden = true;
			trouble.hidden = problem.status === 404;
			set(trouble, problem.message);
		}
	}

	return {
		panel,
		update(m) {
			if (document.activeElement !== fallbacks) {
				const now = m.fallbacks.join(", ");
				if (fallbacks.value !== now) fallbacks.value = now;
			}
			if (Date.now() - asked > 5000) show();
		},
	};
}
