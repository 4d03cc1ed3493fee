// The last lines of the server's log, and new lines as they come.

import { ask } from "../api.js";
import { el, set } from "../dom.js";

const most = 1000; // lines
const weights = {debug: 0, info: 1, warn: 2, error: 3, dpanic: 3, panic: 3, fatal: 3};

// open shows the log.
export function open(place) {
	const level = el("select", {"aria-label": "Minimum level"}, ...[["0", "Everything"], ["1", "Info and above"], ["2", "Warnings and above"], ["3", "Errors only"]].map(([value, text]) => el("option", {value, text})));
	level.value = "1";
	const filter = el("input", {type: "search", placeholder: "Filter", "aria-label": "Filter the log"});
	const count = el("span", {class: "soft figures"});
	const lines = el("ol", {class: "log", tabindex: 0, "aria-label": "Log"});
	place.append(el("div", {class: "head"}, el("h1", {}, "Log ", count), el("div", {class: "actions"}, level, filter)), el("section", {class: "panel"}, lines));

	function add(line) {
		const fields = Object.entries(line.fields).map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`).join("  ");
		const item = el("li", {data: {level: line.level, text: `${line.message} ${fields}`.toLowerCase()}},
			el("time", {class: "soft", datetime: line.time, text: new Date(line.time).toLocaleTimeString()}),
			el("b", {text: line.level}), el("span", {}, line.message, " ", el("span", {class: "soft", text: fields})));
		item.hidden = !fits(item);
		lines.append(item);
		if (lines.children.length > most) lines.firstChild.remove();
	}

	function fits(item) {
		return (weights[item.dataset.level] ?? 1) >= Number(level.value) && item.dataset.text.includes(filter.value.trim().toLowerCase());
	}

	// follow keeps the list scrolled to its end if it was there.
	function follow(change) {
		const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40;
		change();
		if (atEnd) lines.scrollTop = lines.scrollHeight;
		set(count, [...lines.children].filter(item => !item.hidden).length);
	}

	function sift() {
		follow(() => { for (const item of lines.children) item.hidden = !fits(item); });
		lines.scrollTop = lines.scrollHeight;
	}

	level.addEventListener("change", sift);
	filter.addEventListener("input", sift);

	let early = []; // lines that came before the answer; the answer may have them, too
	ask("GET", "/log?lines=500").then(({items}) => {
		const known = new Set(items.map(line => JSON.stringify(line)));
		follow(() => {
			for (const line of [...items, ...early.filter(line => !known.has(JSON.stringify(line)))]) add(line);
		});
		early = null;
		lines.scrollTop = lines.scrollHeight;
	}, problem => lines.append(el("li", {text: problem.message})));

	return {
		line(line) {
			if (early) early.push(line);
			else follow(() => add(line));
		},
	};
}
