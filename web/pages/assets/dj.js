// The studio: the state of a DJ's mount.

import { codec } from "./admin/words.js";
import { ask, logOut, mountPath, resume } from "./api.js";
import { $, clock, el, set, toast, wireConnect } from "./dom.js";
import { follow } from "./live.js";
import { drawStrip, receptionText } from "./strip.js";

const {mount, root} = document.querySelector("main").dataset;
const reload = () => location.reload();

// The words for an input other than the source, by the state of the mount.
const otherInputs = {
	files: "AutoDJ is playing", fallback: "A fallback is playing", silence: "Silence is playing", relay: "A relay is playing", rendition: `Follows ${root || "another mount"}`,
};

function show(studio) {
	const source = studio.source;
	const air = source ? studio.on_air ? "on" : "waiting" : otherInputs[studio.state] ? "music" : "off";
	$("air").dataset.air = air;
	set($("light"), {on: "On air", waiting: "Connected", music: otherInputs[studio.state], off: "Off air"}[air]);
	set($("explained"), {
		on: source && `Connected since ${clock(source.since)}, ${source.agent || "unnamed program"}${source.conversion === "running" ? ". This mount plays another format than your program sends, so relay converts it." : ""}`,
		waiting: source?.conversion === "failed"
			? `Your program sends another format than this mount plays, and it cannot be converted (${source.conversion_problem}). It plays only if there is nothing else.`
			: "Another source is on the air. Yours plays when that one disconnects.",
		music: "No program is connected to this mount. Yours goes on the air when it connects.",
		off: "No program is connected to this mount.",
		root: `This mount has the programme of ${root} in another format. Connect your program to ${root}.`,
	}[root ? "root" : air]);
	set($("listeners"), studio.listeners);
	set($("peak"), studio.peak);
	set($("bitrate"), studio.reception?.bitrate || "–");
	set($("arriving"), ["kbit/s", codec(source?.format?.codec), "arriving"].filter(Boolean).join(" "));
	set($("gaps"), studio.reception ? studio.reception.gaps : "–");
	set($("dropouts"), studio.reception?.gaps === 1 ? "dropout" : "dropouts");
	$("line").hidden = !studio.reception;
	if (studio.reception) {
		drawStrip($("strip"), studio.reception.seconds);
		set($("reception"), receptionText(studio.reception));
	}
	const playing = studio.playing?.title;
	set($("now"), playing || air === "on" ? `Now: ${playing || "Live, without a title"}` : "");
	$("titles").replaceChildren(...studio.titles.map((t, at) => el("li", {class: at === 0 && t.title === playing && "current"}, el("time", {datetime: t.since, text: clock(t.since)}), el("span", {dir: "auto", text: t.title}))));
	const refused = studio.last_refusal;
	$("refused").hidden = !refused || air === "on";
	if (refused) {
		set($("why"), refused.reason);
		set($("who"), `${clock(refused.when)}, from ${refused.addr}${refused.agent ? " with " + refused.agent : ""}`);
	}
	if (!source && !$("connect").dataset.seen) {
		$("connect").dataset.seen = "yes";
		$("connect").open = true;
	}
}

let timer = 0;

async function refresh() {
	clearTimeout(timer);
	if (document.hidden) return;
	try {
		show(await ask("GET", mountPath(mount, "/studio")));
		$("offline").hidden = true;
	} catch (problem) {
		$("offline").hidden = problem.status !== 0;
	}
	clearTimeout(timer);
	timer = setTimeout(refresh, 2000);
}

$("title").addEventListener("submit", async event => {
	event.preventDefault();
	try {
		await ask("PUT", mountPath(mount, "/title"), {title: $("text").value});
		$("text").value = "";
		toast("Title set");
		refresh();
	} catch (problem) {
		toast(problem.message, true);
	}
});
$("logout").addEventListener("click", () => logOut().finally(reload));
document.addEventListener("visibilitychange", refresh);
wireConnect();

const moment = () => refresh();
resume(reload).then(() => {
	refresh();
	follow("/events?mount=" + encodeURIComponent(mount), {title: moment, mount: moment, gone: moment});
}, () => refresh());
