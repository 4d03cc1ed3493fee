// The studio: what a DJ wants to know of the mount he sends to.

import { ask, logOut, mountPath, resume } from "./api.js";
import { $, clock, el, set, toast, wireConnect } from "./dom.js";
import { follow } from "./live.js";
import { drawStrip, receptionText } from "./strip.js";

const mount = document.querySelector("main").dataset.mount;
const reload = () => location.reload();

function show(studio) {
	const source = studio.source;
	const air = !source ? "off" : studio.on_air ? "on" : "waiting";
	$("air").dataset.air = air;
	set($("light"), {on: "On air", waiting: "Connected", off: "Off"}[air]);
	set($("explained"), {
		on: source && `Since ${clock(source.since)}, with ${source.agent || "a program without a name"}`,
		waiting: "Another source is on the air. Yours plays as soon as it leaves.",
		off: "No program is connected to this mount.",
	}[air]);
	set($("listeners"), studio.listeners);
	set($("peak"), studio.peak);
	set($("bitrate"), source ? source.bitrate || studio.bitrate || "–" : "–");
	set($("gaps"), studio.reception ? studio.reception.gaps : "–");
	$("line").hidden = !studio.reception;
	if (studio.reception) {
		drawStrip($("strip"), studio.reception.seconds);
		set($("reception"), receptionText(studio.reception));
	}
	$("titles").replaceChildren(...studio.titles.map(t => el("li", {}, el("time", {datetime: t.since, text: clock(t.since)}), el("span", {dir: "auto", text: t.title}))));
	const refused = studio.last_refusal;
	$("refused").hidden = !refused || air === "on";
	if (refused) {
		set($("why"), refused.reason);
		set($("who"), `${clock(refused.when)}, from ${refused.addr}${refused.agent ? " with " + refused.agent : ""}`);
	}
	if (air === "off" && !$("connect").dataset.seen) {
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
		toast("The title is on its way to the listeners");
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
