// Reports of listening in a period: on the page, as CSV and as JSON.

import { ask } from "../api.js";
import { el, set } from "../dom.js";
import { duration, heard, plural } from "./words.js";

const day = 86400e3;
// number formats a figure with one decimal place, or with the first that is not 0.
const number = n => n.toLocaleString([], Math.abs(n) < .1 ? {maximumSignificantDigits: 1} : {maximumFractionDigits: 1});
const moment = time => new Date(time).toLocaleString([], {dateStyle: "short", timeStyle: "short"});

// Columns have a heading, a function for the cell, and whether it is a figure.
const kinds = {
	listening: {name: "Listening", columns: [
		["Mount", r => r.mount || "Total"], ["Time heard", r => heard(r.hours), true], ["Sessions", r => number(r.sessions), true],
		["Listeners", r => number(r.unique_listeners), true], ["Average stay", r => duration(r.average_seconds), true],
		["Average at once", r => number(r.average_listeners), true], ["Most at once", r => number(r.peak), true], ["When", r => r.peak_at ? moment(r.peak_at) : "–", true]]},
	titles: {name: "Titles", paged: true, columns: [
		["When", r => moment(r.since), true], ["Mount", r => r.mount], ["Title", r => r.title], ["For", r => duration(r.seconds), true],
		["Listeners at the start", r => number(r.listeners), true], ["Heard by", r => number(r.performances), true], ["Time heard", r => heard(r.listener_hours), true]]},
	"title-totals": {name: "By title", columns: [
		["Title", r => r.title], ["Plays", r => number(r.plays), true], ["For", r => duration(r.seconds), true],
		["Heard by", r => number(r.performances), true], ["Time heard", r => heard(r.listener_hours), true]]},
	sources: {name: "Sources", columns: [
		["Since", r => moment(r.since), true], ["Mount", r => r.mount], ["Kind", r => r.kind], ["Program", r => r.agent], ["User", r => r.user],
		["Address", r => r.addr], ["For", r => duration(r.seconds), true], ["Reason for the end", r => r.reason || "on the air"]]},
	players: {name: "Players", columns: [["Player", r => r.player], ["Sessions", r => number(r.sessions), true], ["Time heard", r => heard(r.hours), true]]},
};

const perPage = 200;

// local formats a time for an input of type datetime-local.
const local = time => new Date(time - new Date(time).getTimezoneOffset() * 60e3).toISOString().slice(0, 16);

// open shows the reports.
export function open(place, world) {
	let kind = "listening", offset = 0, asked = 0;
	const midnight = new Date().setHours(0, 0, 0, 0);
	const month = back => { const d = new Date(); return new Date(d.getFullYear(), d.getMonth() - back, 1).getTime(); };
	const presets = {"Today": [midnight, midnight + day], "7 days": [midnight - 6 * day, midnight + day], "This month": [month(0), month(-1)], "Last month": [month(1), month(0)]};
	const mount = el("select", {"aria-label": "Mount"}, el("option", {value: "", text: "All mounts"}));
	const from = el("input", {type: "datetime-local", "aria-label": "From"}), to = el("input", {type: "datetime-local", "aria-label": "Until"});
	const kindsOf = el("div", {class: "choice", role: "group", "aria-label": "Report"}, ...Object.entries(kinds).map(([key, {name}]) => el("button", {type: "button", class: "small", text: name, data: {kind: key}})));
	const table = el("table"), scroll = el("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "Report"}, table);
	const summary = el("span", {class: "soft figures"});
	const csv = el("a", {class: "button small", download: true, text: "CSV"}), json = el("a", {class: "button small", download: true, text: "JSON"});
	const back = el("button", {type: "button", class: "small", text: "Back", on: {click: () => turn(-perPage)}}), on = el("button", {type: "button", class: "small", text: "More", on: {click: () => turn(perPage)}});
	place.append(el("h1", {text: "Reports"}),
		el("section", {class: "panel"},
			el("div", {class: "head"}, el("div", {class: "actions"}, mount, from, el("span", {class: "soft", text: "to"}), to),
				el("div", {class: "actions"}, ...Object.entries(presets).map(([text, span]) => el("button", {type: "button", class: "small", text, on: {click() { take(span); show(); }}})))),
			el("div", {class: "head"}, kindsOf, el("div", {class: "actions"}, summary, csv, json)),
			scroll, el("div", {class: "actions"}, back, on)));

	function take([begin, end]) {
		from.value = local(begin);
		to.value = local(end);
		offset = 0;
	}

	function turn(by) {
		offset = Math.max(0, offset + by);
		show();
	}

	async function show() {
		const mine = ++asked, {columns, paged} = kinds[kind];
		for (const button of kindsOf.children) button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
		const query = new URLSearchParams();
		if (mount.value) query.set("mount", mount.value);
		if (from.value) query.set("from", new Date(from.value).toISOString());
		if (to.value) query.set("to", new Date(to.value).toISOString());
		const path = `/reports/${kind}?`;
		csv.href = `/api/v1${path}${query}&format=csv`;
		json.href = `/api/v1${path}${query}`;
		json.download = kind + ".json";
		if (paged) {
			query.set("offset", offset);
			query.set("limit", perPage);
		}
		let items = [], total = 0, problem;
		try { ({items, total} = await ask("GET", path + query)); } catch (failed) { problem = failed; }
		if (mine !== asked) return;
		back.hidden = on.hidden = !paged || total <= perPage;
		back.disabled = offset === 0;
		on.disabled = offset + perPage >= total;
		set(summary, problem ? "" : plural(total, "row"));
		table.replaceChildren(
			el("thead", {}, el("tr", {}, ...columns.map(([text, , figure]) => el("th", {scope: "col", class: figure && "right", text})))),
			el("tbody", {}, ...items.map(r => el("tr", {}, ...columns.map(([, value, figure]) => el("td", {class: figure ? "right figures" : null, dir: figure ? null : "auto", text: value(r)}))))));
		if (!items.length) table.append(el("tbody", {}, el("tr", {}, el("td", {colspan: columns.length, class: "soft", text: problem?.message ?? "No listening in this period."}))));
	}

	kindsOf.addEventListener("click", event => {
		if (!event.target.dataset.kind) return;
		kind = event.target.dataset.kind;
		offset = 0;
		show();
	});
	for (const input of [mount, from, to]) input.addEventListener("change", () => { offset = 0; show(); });
	mount.append(...[...world.mounts.keys()].sort().map(name => el("option", {value: name, text: name})));
	take(presets["Today"]);
	show();
	return {};
}
