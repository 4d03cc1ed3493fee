// All mounts at a glance.

import { ask, mountPath } from "../api.js";
import { plays } from "../card.js";
import { $, el, set, toast, wireConnect } from "../dom.js";
import { drawStrip, receptionText } from "../strip.js";
import { act } from "./action.js";
import { curves } from "./curves.js";
import { duration, format, heard, plural, since, states } from "./words.js";

const fewPlayers = 8;

// address returns the address of a mount's view.
export const address = mount => "#/mounts/" + encodeURIComponent(mount.slice(1));

const idle = {relay: "The other server has no stream.", rendition: "The encoder sends nothing."};

// inputText says which input is on the air, and its origin.
export function inputText(m) {
	const s = m.source;
	if (m.state === "asleep") return "Starts when somebody listens.";
	if (!s || !s.on_air) return s ? idle[s.kind] ?? "A source is connected, but not on the air." : m.declared ? "No source is connected." : "";
	const parts = {
		files: ["AutoDJ is playing", "no source is connected"],
		silence: ["Silence is playing", "no source is connected"],
		rendition: ["Rendition of " + (m.rendition_of || "another mount")],
		fallback: [`${s.from || "Another mount"} is playing`, "no source is connected"],
	}[s.kind] ?? [s.addr, s.agent || "unnamed program", s.user && "as " + s.user];
	return [...parts, `${s.bitrate || "?"} kbit/s ${m.codec}`.trim(), formatText(s, m), "for " + since(s.since)].filter(Boolean).join(" · ");
}

// formatText says what happens to the audio of an input that has another format than
// the mount.
export function formatText(s, m) {
	switch (s.conversion) {
	case "running": return `${format(s.format)} converted to ${format(m.format)}`;
	case "failed": return `${format(s.format)} cannot be converted to ${format(m.format)} (${s.conversion_problem}), so it plays only if there is nothing else`;
	}
	return "";
}

// leadText says how much audio listeners hold, and how much of it they are owed.
export const leadText = lead => lead && lead.seconds > 0 && `${lead.seconds.toFixed(1)} s buffered` +
	(lead.debt >= 0.1 ? `, ${lead.debt.toFixed(1)} s owed after a break` : "");

// payments are the ways to pay of the API, in words.
const payments = {
	"at once": "paid at once", "at splice": "paid by silence at the splice", "in pauses": "paid in pauses",
	"left out": "surplus left out", "repeated": "left out because it was sent again",
};

// paidText says how a mount has made up for breaks and surplus audio; empty: there was
// nothing to make up for.
export const paidText = lead => Object.entries(payments).filter(([how]) => lead?.paid?.[how] >= 0.1)
	.map(([how, text]) => `${lead.paid[how].toFixed(1)} s ${text}`).join(", ");

// audienceText says how many listeners there are.
export const audienceText = m =>
	`${plural(m.listeners ?? 0, "listener")}${m.max_listeners ? " of " + m.max_listeners.toLocaleString() : ""}, ${m.peak.toLocaleString()} at most`;

// A row of the table shows one mount.
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

// showState sets the status light of a mount.
export function showState(lamp, m) {
	lamp.dataset.state = m.state;
	set(lamp, states[m.state]);
}

// showReception draws the reception of a mount's source into the elements line, strip
// and trouble.
export function showReception({line, strip, trouble}, m) {
	const r = m.source?.reception;
	line.hidden = !r;
	if (!r) return;
	const text = receptionText(r);
	drawStrip(strip, r.seconds);
	strip.setAttribute("aria-label", "Audio received in the last two minutes: " + text);
	set(trouble, text);
}

// toggle starts or stops playback of a mount.
export function toggle(radio, m) {
	if (radio.mount === m.name && radio.state !== "failed") radio.stop();
	else if (!plays(m)) toast(`This browser does not play ${m.codec}`, true);
	else radio.play(m.name, new URL(m.name.split("/").map(encodeURIComponent).join("/"), location.origin).pathname);
}

// showToggle labels the button with the action of toggle.
export function showToggle(button, radio, m) {
	set(button, radio.mount === m.name && radio.state !== "failed" ? "Stop" : "Listen");
	button.disabled = m.state === "waiting" && radio.mount !== m.name;
}

// open shows the overview.
export function open(place, world) {
	const figure = label => ({number: el("b", {text: "–"}), label: el("span", {class: "soft", text: label})});
	const figures = {listeners: figure("listening now"), mounts: figure("mounts on the air"), sources: figure("sources since the start"), uptime: figure("up")};
	const tiles = Object.values(figures).map(({number, label}) => el("div", {class: "panel"}, number, label));
	const chart = curves("");
	const list = el("div", {class: "rows"}), rows = new Map();
	const players = el("ol", {class: "bars"});
	let whole = false; // all players are shown, not only the first
	const more = el("button", {type: "button", class: "small", hidden: true, on: {click() { whole = !whole; showPlayers(); }}});
	const connect = el("details", {class: "panel"}, el("summary", {}, el("b", {text: "Connect a source"})), $("connect").content.cloneNode(true));
	wireConnect(connect);
	place.append(el("h1", {class: "sr", text: "Overview"}),
		el("section", {class: "tiles figures", "aria-label": "Now"}, ...tiles),
		el("div", {class: "head"}, el("h2", {text: "Mounts"}), newMount(world)), list, connect,
		chart.panel,
		el("section", {class: "panel"}, el("h2", {}, "Players ", el("span", {class: "soft", text: "last 24 hours, by hours listened"})), players, el("div", {class: "actions"}, more)));

	let playersAt = 0;
	async function showPlayers() {
		playersAt = Date.now();
		try {
			const {items} = await ask("GET", "/reports/players?from=" + new Date(Date.now() - 86400e3).toISOString());
			items.sort((a, b) => b.hours - a.hours);
			const most = Math.max(items[0]?.hours ?? 0, 1e-9);
			more.hidden = items.length <= fewPlayers;
			set(more, whole ? `Show the first ${fewPlayers}` : `Show all ${items.length}`);
			players.replaceChildren(...items.slice(0, whole ? items.length : fewPlayers).map(p => {
				const bar = el("span", {class: "bar"});
				bar.style.width = Math.max(1, 100 * p.hours / most) + "%";
				return el("li", {}, el("span", {dir: "auto", text: p.player}), el("span", {class: "soft figures", text: `${heard(p.hours)} in ${plural(p.sessions, "session")}`}), bar);
			}));
			if (!items.length) players.replaceChildren(el("li", {class: "soft", text: "No listeners yet."}));
		} catch (problem) {
			players.replaceChildren(el("li", {class: "soft", text: problem.message}));
		}
	}

	return {
		update() {
			const mounts = [...world.mounts.values()].sort((a, b) => a.name < b.name ? -1 : 1);
			const live = mounts.filter(m => m.state !== "waiting" && m.state !== "asleep");
			set(figures.listeners.number, mounts.reduce((sum, m) => sum + (m.listeners ?? 0), 0).toLocaleString());
			set(figures.mounts.number, live.length === mounts.length ? live.length : `${live.length} of ${mounts.length}`);
			set(figures.mounts.label, mounts.length === 1 ? "mount on the air" : "mounts on the air");
			if (world.server) {
				const {sources} = world.server.totals;
				set(figures.sources.number, sources.toLocaleString());
				set(figures.sources.label, sources === 1 ? "source since the start" : "sources since the start");
				set(figures.uptime.number, duration(world.server.uptime));
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

// newMount declares a mount.
function newMount(world) {
	const forgotten = el("small", {class: "soft", hidden: true, text: "This mount is lost at a restart, because there is no configuration file. “relay init” writes one."});
	ask("GET", "/configuration").then(({file}) => { forgotten.hidden = file !== ""; }, () => {});
	const name = el("input", {name: "name", placeholder: "/name", required: true, "aria-label": "Mount name", autocapitalize: "none", spellcheck: "false"});
	return el("form", {class: "actions", on: {async submit(event) {
		event.preventDefault();
		const mount = "/" + name.value.trim().replace(/^\//, "");
		if (world.mounts.get(mount)?.declared) return toast(mount + " already exists", true);
		try {
			const {saved} = await ask("PUT", mountPath(mount), {});
			toast(saved ? `${mount} created` : `${mount} created. It is lost when the server stops: there is no configuration file`);
			await world.refresh();
			location.hash = address(mount);
		} catch (problem) {
			toast(problem.message, true);
		}
	}}}, name, el("button", {type: "submit", text: "New mount"}), forgotten);
}
