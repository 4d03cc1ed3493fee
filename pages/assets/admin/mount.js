// One mount: what it plays, who listens, and all that can be done about it.

import { ask, mountPath } from "../api.js";
import { clock, copy, el, set } from "../dom.js";
import { act } from "./action.js";
import { curves } from "./curves.js";
import { audience } from "./listeners.js";
import { music } from "./music.js";
import { audienceText, inputText, showReception, showState, showToggle, toggle } from "./overview.js";
import { agreed } from "./question.js";
import { recordings } from "./recordings.js";
import { settings } from "./settings.js";
import { bytes, plural } from "./words.js";

// open shows the mount of a name.
export function open(place, world, name) {
	const known = () => world.mounts.get(name);
	const head = {lamp: el("span", {class: "state"}), station: el("span", {class: "soft", dir: "auto"}), play: el("button", {type: "button"})};
	head.play.addEventListener("click", () => toggle(world.radio, known()));
	const missing = el("p", {class: "notice", text: `There is no ${name} now.`});

	const input = el("p", {class: "figures", dir: "auto"});
	const line = el("div", {class: "reception"}), strip = document.createElementNS("http://www.w3.org/2000/svg", "svg"), trouble = el("p", {class: "soft figures"});
	strip.setAttribute("class", "strip");
	strip.setAttribute("preserveAspectRatio", "none");
	strip.setAttribute("role", "img");
	line.append(strip, trouble);
	const others = el("ul", {class: "soft figures"});
	const kick = el("button", {type: "button", class: "danger small", id: "kick-source", text: "Kick the source", on: {async click() {
		if (await agreed(`Kick the source of ${name}?`, "It is disconnected at once. Its program may connect again by itself; change the password to keep it out.", "Kick"))
			act(ask("DELETE", mountPath(name, "/source")), "The source is gone");
	}}});
	const copyAddress = el("button", {type: "button", class: "small", text: "Copy its address", on: {click: () => copy(known().source.addr)}});
	const traffic = el("p", {class: "soft figures"});

	const text = el("input", {name: "title", maxlength: 1000, autocomplete: "off", placeholder: "Artist - Title", "aria-label": "Title"});
	const titles = el("ol", {class: "titles figures"});
	const setTitle = el("form", {class: "actions wide", on: {async submit(event) {
		event.preventDefault();
		if (await act(ask("PUT", mountPath(name, "/title"), {title: text.value}), "The title is on its way to the listeners")) text.value = "";
	}}}, text, el("button", {type: "submit", text: "Set the title"}));

	const who = audience(world, name), tracks = music(world, name), files = recordings(name), form = settings(world, name), chart = curves(name);
	const body = el("div", {class: "sections"},
		el("section", {class: "panel"}, el("div", {class: "head"}, el("h2", {text: "On the air"}), el("div", {class: "actions"}, copyAddress, kick)), input, line, others, traffic),
		el("section", {class: "panel"}, el("h2", {text: "Title"}), setTitle, titles),
		tracks.panel, who.panel, chart.panel, files.panel, form.panel);
	place.append(el("div", {class: "head"}, el("h1", {}, el("span", {class: "mono", text: name}), " ", head.station), el("div", {class: "actions"}, head.lamp, head.play)), missing, body);

	let inputsAt = 0;
	async function showOthers() {
		inputsAt = Date.now();
		const {items} = await ask("GET", "/sources").catch(() => ({items: []}));
		others.replaceChildren(...items.filter(s => s.mount === name && !s.on_air).map(s =>
			el("li", {dir: "auto", text: `Also connected: ${[s.kind, s.addr, s.from, s.agent, s.user && "as " + s.user].filter(Boolean).join(" · ")}`})));
	}

	let shown = "";
	function showTitles(m) {
		const now = JSON.stringify(m.history);
		if (now === shown) return;
		shown = now;
		titles.replaceChildren(...m.history.map(t => el("li", {}, el("time", {datetime: t.since, text: clock(t.since)}), el("span", {dir: "auto", text: t.title}))));
	}

	return {
		update() {
			const m = known();
			missing.hidden = Boolean(m);
			body.hidden = head.play.hidden = head.lamp.hidden = !m;
			if (!m) return;
			showState(head.lamp, m);
			set(head.station, m.title);
			showToggle(head.play, world.radio, m);
			set(input, inputText(m));
			showReception({line, strip, trouble}, m);
			kick.hidden = m.state !== "live";
			copyAddress.hidden = !m.source?.addr;
			set(traffic, [audienceText(m), `${bytes(m.received)} in`, `${bytes(m.sent)} out`, m.skips && plural(m.skips, "skip"), m.slow && `${m.slow} dropped because they were slow`].filter(Boolean).join(" · "));
			showTitles(m);
			if (Date.now() - inputsAt > 5000) showOthers();
			for (const part of [who, tracks, files, form, chart]) part.update(m);
		},
		close() { who.close(); },
	};
}
