// The view of one mount: its state, its listeners, and all controls.

import { ask, mountPath } from "../api.js";
import { clock, copy, el, set } from "../dom.js";
import { act } from "./action.js";
import { curves } from "./curves.js";
import { ban } from "./bans.js";
import { audience } from "./listeners.js";
import { music } from "./music.js";
import { address, audienceText, formatText, inputText, leadText, paidText, showReception, showState, showToggle, toggle } from "./overview.js";
import { agreed } from "./question.js";
import { recordings } from "./recordings.js";
import { settings } from "./settings.js";
import { bytes, plural, states } from "./words.js";

// The tabs, by their names in the address.
const tabs = {air: "On the air", listeners: "Listeners", recordings: "Recordings", settings: "Settings"};

// open shows the mount with a name.
export function open(place, world, name) {
	const known = () => world.mounts.get(name);
	const head = {lamp: el("span", {class: "state"}), station: el("span", {class: "soft", dir: "auto"}), play: el("button", {type: "button"})};
	head.play.addEventListener("click", () => toggle(world.radio, known()));
	const missing = el("p", {class: "notice", text: `${name} does not exist.`});

	const input = el("p", {class: "figures", dir: "auto"});
	const line = el("div", {class: "reception"}), strip = document.createElementNS("http://www.w3.org/2000/svg", "svg"), trouble = el("p", {class: "soft figures"});
	strip.setAttribute("class", "strip");
	strip.setAttribute("preserveAspectRatio", "none");
	strip.setAttribute("role", "img");
	line.append(strip, trouble);
	const others = el("ul", {class: "soft figures"});
	const kick = el("button", {type: "button", class: "danger small", id: "kick-source", text: "Disconnect the source", on: {async click() {
		if (await agreed(`Disconnect the source of ${name}?`, "The program may connect again by itself. To keep it out, change the password or ban its address.", "Disconnect"))
			act(ask("DELETE", mountPath(name, "/source")), "Source disconnected");
	}}});
	const banSource = el("button", {type: "button", class: "danger small", id: "ban-source", text: "Ban its address", on: {click: () => ban(known().source.addr)}});
	const copyAddress = el("button", {type: "button", class: "small", text: "Copy its address", on: {click: () => copy(known().source.addr)}});
	const traffic = el("p", {class: "soft figures"});

	const text = el("input", {name: "title", maxlength: 1000, autocomplete: "off", placeholder: "Artist - Title", "aria-label": "Title"});
	const now = el("p", {dir: "auto"});
	const titles = el("ol", {class: "titles figures", tabindex: 0, "aria-label": "Recent titles"});
	const setTitle = el("form", {class: "actions wide", on: {async submit(event) {
		event.preventDefault();
		if (await act(ask("PUT", mountPath(name, "/title"), {title: text.value}), "Title set")) text.value = "";
	}}}, text, el("button", {type: "submit", text: "Set the title"}));

	const links = Object.entries(tabs).map(([tab, text]) => el("a", {href: `${address(name)}/${tab}`, data: {tab}, text}));
	const who = audience(world, name), tracks = music(world, name), files = recordings(name), form = settings(world, name), chart = curves(name);
	const parts = {
		air: [el("section", {class: "panel"}, el("div", {class: "head"}, el("h2", {text: "On the air"}), el("div", {class: "actions"}, copyAddress, kick, banSource)), input, line, others, traffic),
			el("section", {class: "panel"}, el("h2", {text: "Title"}), now, setTitle, titles), tracks.panel],
		listeners: [who.panel, chart.panel],
		recordings: [files.panel],
		settings: [form.panel],
	};
	const sections = Object.entries(parts).map(([tab, panels]) => el("div", {class: "sections", data: {tab}}, ...panels));
	const body = el("div", {class: "sections"}, el("nav", {class: "tabs", "aria-label": "Parts of " + name}, ...links), ...sections);
	place.append(el("div", {class: "head"}, el("h1", {}, el("span", {class: "mono", text: name}), " ", head.station), el("div", {class: "actions"}, head.lamp, head.play)), missing, body);

	let inputsAt = 0;
	async function showOthers() {
		inputsAt = Date.now();
		const {items} = await ask("GET", "/sources").catch(() => ({items: []}));
		others.replaceChildren(...items.filter(s => s.mount === name && !s.on_air).map(s =>
			el("li", {dir: "auto", text: `${s.addr ? "Connected, waiting" : "Waiting for its turn"}: ${[states[s.kind] ?? s.kind, s.addr, s.from, s.agent, s.user && "as " + s.user, formatText(s, known() ?? {})].filter(Boolean).join(" · ")}`})));
	}

	let shown = "";
	function showTitles(m) {
		const playing = m.playing?.title;
		set(now, m.state === "waiting" || m.state === "asleep" ? "" : "Now: " + (playing || `${states[m.state]}, without a title`));
		const all = JSON.stringify([playing, m.history]);
		if (all === shown) return;
		shown = all;
		titles.replaceChildren(...m.history.map((t, at) => el("li", {class: at === 0 && t.title === playing && "current"}, el("time", {datetime: t.since, text: clock(t.since)}), el("span", {dir: "auto", text: t.title}))));
	}

	return {
		show(tab) {
			const chosen = tabs[tab] ? tab : "air";
			for (const link of links) if (link.dataset.tab === chosen) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
			for (const section of sections) section.hidden = section.dataset.tab !== chosen;
			if (chosen === "settings") form.load();
		},
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
			banSource.hidden = kick.hidden || !m.source?.addr;
			set(traffic, [audienceText(m), leadText(m.lead), paidText(m.lead), `${bytes(m.received)} in`, `${bytes(m.sent)} out`, m.skips && plural(m.skips, "skip"), m.slow && `${m.slow} dropped: too slow`].filter(Boolean).join(" · "));
			showTitles(m);
			if (Date.now() - inputsAt > 5000) showOthers();
			for (const part of [who, tracks, files, form, chart]) part.update(m);
		},
		close() { who.close(); },
	};
}
