// All mounts at a glance.

import { ask, mountPath } from "../api.js";
import { $, el, set, toast, wireConnect } from "../dom.js";
import { drawStrip, receptionText } from "../strip.js";
import { act } from "./action.js";
import { curves } from "./curves.js";
import { duration, plural, since, states } from "./words.js";

// address returns that of a mount's view.
export const address = mount => "#/mounts/" + encodeURIComponent(mount.slice(1));

// inputText says what is on the air, and where it comes from.
export function inputText(m) {
	const s = m.source;
	if (!s || !s.on_air) return s ? "A source is connected, but not on the air." : m.declared ? "Nobody is connected." : "";
	const parts = {
		files: ["The mount’s own music plays: there is no source."],
		silence: ["Nothing but silence is left to play: there is no source."],
		fallback: [`${s.from || "Another mount"} plays: there is no source.`],
	}[s.kind] ?? [s.addr, s.agent || "a program without a name", s.user && "as " + s.user];
	return [...parts, `${s.bitrate || "?"} kbit/s`, "for " + since(s.since)].filter(Boolean).join(" · ");
}

// audienceText says how many listen.
export const audienceText = m =>
	`${plural(m.listeners ?? 0, "listener")}${m.max_listeners ? " of " + m.max_listeners.toLocaleString() : ""}, ${m.peak.toLocaleString()} at most`;

// A row shows a mount.
class Row {
	constructor(world, name) {
		this.name = name;
		this.lamp = el("span", {class: "state"});
		this.station = el("span", {class: "soft station", dir: "auto"});
		this.title = el("p", {class: "title", dir: "auto"});
		this.input = el("p", {class: "soft figures", dir: "auto"});
		this.audience = el("p", {class: "audience figures"});
		this.strip = document.createElementNS("http://www.w3.org/2000/svg", "svg");
		this.strip.setAttribute("class", "strip");
		this.strip.setAttribute("preserveAspectRatio", "none");
		this.strip.setAttribute("role", "img");
		this.trouble = el("p", {class: "soft figures"});
		this.line = el("div", {class: "reception"}, this.strip, this.trouble);
		this.play = el("button", {type: "button", class: "small", on: {click: () => toggle(world.radio, world.mounts.get(name))}});
		this.element = el("article", {class: "panel row", data: {mount: name}},
			el("div", {class: "head"}, el("h3", {}, el("a", {class: "mono", href: address(name), text: name}), " ", this.station), this.lamp),
			this.title, this.input, this.line,
			el("div", {class: "head"}, this.audience, el("div", {class: "actions"}, this.play, el("a", {class: "button small", href: address(name), text: "Manage"}))));
	}

	update(world) {
		const m = world.mounts.get(this.name);
		showState(this.lamp, m);
		set(this.station, m.title);
		set(this.title, m.playing?.title);
		set(this.input, inputText(m));
		set(this.audience, audienceText(m));
		showReception(this, m);
		showToggle(this.play, world.radio, m);
	}
}

// showState lights the lamp of a mount.
export function showState(lamp, m) {
	lamp.dataset.state = m.state;
	set(lamp, states[m.state]);
}

// showReception draws how the sound of a mount's source arrives, into the
// elements line, strip and trouble.
export function showReception({line, strip, trouble}, m) {
	const r = m.source?.reception;
	line.hidden = !r;
	if (!r) return;
	const text = receptionText(r);
	drawStrip(strip, r.seconds);
	strip.setAttribute("aria-label", "How the sound arrived in the last two minutes: " + text);
	set(trouble, text);
}

// toggle plays a mount, or stops it.
export function toggle(radio, m) {
	if (radio.mount === m.name && radio.state !== "failed") radio.stop();
	else radio.play(m.name, new URL(m.name.split("/").map(encodeURIComponent).join("/"), location.origin).pathname);
}

// showToggle says what toggle would do.
export function showToggle(button, radio, m) {
	set(button, radio.mount === m.name && radio.state !== "failed" ? "Stop" : "Listen");
	button.disabled = m.state === "waiting" && radio.mount !== m.name;
}

// open shows the overview.
export function open(place, world) {
	const figures = Object.fromEntries(["listeners", "mounts", "sources", "uptime"].map(name => [name, el("b", {text: "–"})]));
	const tile = (figure, text) => el("div", {class: "panel"}, figure, el("span", {class: "soft", text}));
	const chart = curves("");
	const list = el("div", {class: "rows"}), rows = new Map();
	const players = el("ol", {class: "bars"});
	const connect = el("details", {class: "panel"}, el("summary", {}, el("b", {text: "Connect a source"})), $("connect").content.cloneNode(true));
	wireConnect(connect);
	place.append(
		el("section", {class: "tiles figures", "aria-label": "Now"}, tile(figures.listeners, "listening now"), tile(figures.mounts, "mounts on the air"),
			tile(figures.sources, "sources since the start"), tile(figures.uptime, "up")),
		el("div", {class: "head"}, el("h2", {text: "Mounts"}), newMount(world)), list, connect,
		chart.panel,
		el("section", {class: "panel"}, el("h2", {}, "Players ", el("span", {class: "soft", text: "the last day, by hours listened"})), players));

	let playersAt = 0;
	async function showPlayers() {
		playersAt = Date.now();
		try {
			const {items} = await ask("GET", "/reports/players?from=" + new Date(Date.now() - 86400e3).toISOString());
			const most = Math.max(...items.map(p => p.hours), 1e-9);
			players.replaceChildren(...items.slice(0, 8).map(p => {
				const bar = el("span", {class: "bar"});
				bar.style.width = Math.max(1, 100 * p.hours / most) + "%";
				return el("li", {}, el("span", {dir: "auto", text: p.player}), el("span", {class: "soft figures", text: `${duration(p.hours * 3600)} in ${plural(p.sessions, "session")}`}), bar);
			}));
			if (!items.length) players.replaceChildren(el("li", {class: "soft", text: "Nobody has listened yet."}));
		} catch (problem) {
			players.replaceChildren(el("li", {class: "soft", text: problem.message}));
		}
	}

	return {
		update() {
			const mounts = [...world.mounts.values()].sort((a, b) => a.name < b.name ? -1 : 1);
			const live = mounts.filter(m => m.state !== "waiting");
			set(figures.listeners, mounts.reduce((sum, m) => sum + (m.listeners ?? 0), 0).toLocaleString());
			set(figures.mounts, live.length === mounts.length ? live.length : `${live.length} of ${mounts.length}`);
			if (world.server) {
				set(figures.sources, world.server.totals.sources.toLocaleString());
				set(figures.uptime, duration(world.server.uptime));
			}
			for (const [name, row] of rows) if (!world.mounts.has(name)) {
				row.element.remove();
				rows.delete(name);
			}
			mounts.forEach((m, at) => {
				if (!rows.has(m.name)) {
					rows.set(m.name, new Row(world, m.name));
					list.insertBefore(rows.get(m.name).element, list.children[at] ?? null);
				}
				rows.get(m.name).update(world);
			});
			if (!connect.dataset.seen) {
				connect.dataset.seen = "yes";
				connect.open = !mounts.some(m => m.state === "live");
			}
			chart.update();
			if (Date.now() - playersAt > 60000) showPlayers();
		},
	};
}

// newMount declares one.
function newMount(world) {
	const name = el("input", {name: "name", placeholder: "/name", required: true, "aria-label": "Name of the new mount", autocapitalize: "none", spellcheck: "false"});
	return el("form", {class: "actions", on: {async submit(event) {
		event.preventDefault();
		const mount = "/" + name.value.trim().replace(/^\//, "");
		if (world.mounts.get(mount)?.declared) return toast(mount + " is there already", true);
		if (await act(ask("PUT", mountPath(mount), {}), `${mount} is declared`)) {
			await world.refresh();
			location.hash = address(mount);
		}
	}}}, name, el("button", {type: "submit", text: "New mount"}));
}
