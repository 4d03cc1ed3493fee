// The mount's music without a source: its fallbacks, and AutoDJ.

import { ask, mountPath } from "../api.js";
import { el, set } from "../dom.js";
import { act } from "./action.js";

// What ffmpeg says of files that it cannot play, and what that means.
const meanings = [
	[/matches no streams/, "It holds no audio"],
	[/Invalid data found/, "It is damaged or not audio"],
	[/End of file|Input\/output error/, "It is cut off or damaged"],
];

// reasonText says why a file cannot be played, in words for people.
function reasonText(reason) {
	const said = /^ffmpeg cannot play it: (?:it said: )?(.*)/s.exec(reason)?.[1];
	const meaning = said && meanings.find(([sign]) => sign.test(said))?.[1];
	return meaning ? `${meaning} (ffmpeg: ${said.split("\n")[0]})` : reason.charAt(0).toUpperCase() + reason.slice(1);
}

// music returns a panel, and functions that update it.
export function music(world, name) {
	let asked = 0;
	const fallbacks = el("input", {name: "fallbacks", "aria-label": "Fallbacks", placeholder: "/other, files", autocapitalize: "none", spellcheck: "false"});
	const replace = el("form", {class: "actions wide", on: {async submit(event) {
		event.preventDefault();
		const list = fallbacks.value.split(",").map(part => part.trim()).filter(Boolean);
		if (await act(ask("PUT", mountPath(name, "/fallbacks"), {fallbacks: list}), "Active until the mount ends")) fallbacks.blur();
	}}}, fallbacks, el("button", {type: "submit", text: "Replace"}));
	const trouble = el("p", {class: "soft"});
	const tracks = el("ol", {class: "queue", tabindex: 0, "aria-label": "Next tracks"});
	const broken = el("ul", {class: "broken", tabindex: 0, "aria-label": "What cannot be played"}), howMany = el("span", {class: "soft figures"});
	const unplayable = el("details", {hidden: true}, el("summary", {}, "What cannot be played ", howMany), broken);
	const file = el("input", {name: "file", "aria-label": "File", placeholder: "File name of a track", autocapitalize: "none", spellcheck: "false"});
	const queue = el("form", {class: "actions wide", on: {async submit(event) {
		event.preventDefault();
		if (await act(ask("POST", mountPath(name, "/queue"), {file: file.value}), "Queued")) {
			file.value = "";
			show();
		}
	}}}, file, el("button", {type: "submit", text: "Add to queue"}));
	const skip = el("button", {type: "button", class: "small", text: "Skip this track", on: {click: () => act(ask("POST", mountPath(name, "/skip")), "Skipped").then(show)}});
	const clear = el("button", {type: "button", class: "small", text: "Clear queue", on: {click: () => act(ask("DELETE", mountPath(name, "/queue")), "Queue cleared").then(show)}});
	const own = el("div", {class: "own"}, el("div", {class: "head"}, el("h3", {text: "Queue of AutoDJ"}), el("div", {class: "actions"}, skip, clear)), tracks, queue, unplayable);
	const panel = el("section", {class: "panel"}, el("h2", {text: "AutoDJ and fallbacks"}),
		el("p", {class: "soft", text: "What plays without a source, best first: mounts, and “files” for the mount’s own music. Lasts until the mount ends; to keep it, change it under Settings."}),
		replace, trouble, own);

	async function show() {
		asked = Date.now();
		try {
			const {items} = await ask("GET", mountPath(name, "/queue"));
			own.hidden = false; // the list is empty while the last track of a round plays
			trouble.hidden = true;
			tracks.replaceChildren(...items.map(t => el("li", {dir: "auto", title: t.file, text: t.title || t.file}, t.queued && el("span", {class: "soft", text: " queued"}))));
			tracks.hidden = items.length === 0;
			clear.disabled = !items.some(t => t.queued);
			const lost = (await ask("GET", mountPath(name, "/unplayable"))).items;
			unplayable.hidden = lost.length === 0;
			set(howMany, lost.length);
			broken.replaceChildren(...lost.map(t => el("li", {}, el("b", {dir: "auto", text: t.file}), el("span", {class: "soft", text: reasonText(t.reason)}))));
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
