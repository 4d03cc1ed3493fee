// The operator's page: the state of the server, kept up to date by events, and the
// view that the address names.

import { ask, logOut, resume } from "../api.js";
import { $, set } from "../dom.js";
import { follow } from "../live.js";
import { Radio, wireVolume } from "../radio.js";
import * as bans from "./bans.js";
import * as configuration from "./configuration.js";
import * as log from "./log.js";
import * as mount from "./mount.js";
import * as overview from "./overview.js";
import * as reports from "./reports.js";
import { duration, plural } from "./words.js";

const views = {overview, reports, log, bans, configuration, mounts: mount};
const radio = new Radio();

// The state that all views share.
const world = {
	mounts: new Map(), // by name, as MountDetail of the API
	server: null,
	radio,
	refresh,
};

let view = null, drawing = false;

// changed redraws once for all changes since the last frame.
function changed() {
	if (drawing) return;
	drawing = true;
	requestAnimationFrame(() => {
		drawing = false;
		view?.update?.();
		showPlayer();
	});
}

// refresh asks for the state that no event reports: mounts that are declared, and
// mounts that have ended.
async function refresh() {
	try {
		const [mounts, server] = await Promise.all([ask("GET", "/mounts"), ask("GET", "/server")]);
		world.mounts = new Map(mounts.items.map(m => [m.name, m]));
		world.server = server;
		showServer();
		changed();
	} catch (problem) {
		if (problem.status) throw problem;
	}
}

function showServer() {
	const {totals, uptime, config, history} = world.server;
	set($("server"), `up ${duration(uptime)} · ${plural(totals.connections, "connection")} besides listeners · ${plural(totals.joins, "listener")} since the start`);
	$("restart").hidden = config.restart_needed.length === 0;
	set($("restart"), `Changed in the file; needs a restart: ${config.restart_needed.join(", ")}`);
	$("memory").hidden = !world.server.memory_short;
	$("clock").hidden = !world.server.clock_doubt;
	set($("clock"), `The clock jumped forward by ${duration(world.server.clock_doubt)}. Check it: relay deletes no old recordings and rows for a day.`);
	const troubles = [
		["History", history.trouble],
		["access.log", world.server.access_log.trouble],
		["playlist.log", world.server.playlist_log.trouble],
		...world.server.recordings.troubles.map(t => [`Recording of ${t.mount}`, t.text]),
	].filter(([, text]) => text);
	$("trouble").hidden = troubles.length === 0;
	set($("trouble"), troubles.map(([what, text]) => `${what}: ${text}`).join(" · "));
}

function merge(news) {
	const known = world.mounts.get(news.name);
	world.mounts.set(news.name, {...known, ...news});
	if (!known) refresh();
	changed();
}

function listen() {
	follow("/events", {
		mount: merge,
		detail: merge,
		gone: refresh,
		listeners(counts) {
			for (const [name, n] of Object.entries(counts)) {
				const m = world.mounts.get(name);
				if (m) m.listeners = n;
			}
			changed();
		},
		log: line => view?.line?.(line),
	}, state => {
		const back = !$("offline").hidden && state === "open";
		$("offline").hidden = state === "open";
		if (back) refresh();
	});
}

let opened = "";

// An address is #/VIEW or #/mounts/NAME/TAB. Another tab belongs to the same view.
function route() {
	const [name, subject, tab] = location.hash.replace(/^#\/?/, "").split("/");
	if (view?.show && opened === name + "/" + subject) return view.show(tab);
	opened = name + "/" + subject;
	const chosen = views[name] ? name : "overview";
	for (const link of document.querySelectorAll("nav a"))
		if (link.dataset.view === chosen) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
	view?.close?.();
	$("view").replaceChildren();
	view = views[chosen].open($("view"), world, subject && "/" + decodeURIComponent(subject));
	view.show?.(tab);
	view.update?.();
	scrollTo(0, 0);
}

function showPlayer() {
	$("player").hidden = radio.mount === null;
	const m = world.mounts.get(radio.mount);
	set($("heard"), radio.mount === null ? "" : [radio.mount, {connecting: "Connecting…", failed: "Playback failed"}[radio.state] ?? m?.playing?.title].filter(Boolean).join(" · "));
}

const again = () => location.reload();
$("logout").addEventListener("click", () => logOut().finally(again));
$("stop").addEventListener("click", () => radio.stop());
radio.addEventListener("change", changed);
wireVolume(radio, $("volume"));
addEventListener("hashchange", route);

// A login that came with the request is not a session, and cannot be ended.
try { await resume(again); } catch { $("logout").hidden = true; }
await refresh();
route();
listen();
setInterval(() => { if (!document.hidden) refresh(); }, 10000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
