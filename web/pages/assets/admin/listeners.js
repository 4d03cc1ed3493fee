// The listeners of a mount. The server searches and pages, so any number is fine.

import { ask, mountPath } from "../api.js";
import { copy, el, set } from "../dom.js";
import { act } from "./action.js";
import { ban } from "./bans.js";
import { agreed } from "./question.js";
import { bytes, plural, since } from "./words.js";

const perPage = 100, every = 5000; // ms

// audience returns a panel, and functions that update it.
export function audience(world, name) {
	let offset = 0, total = 0, chosen = new Set(), asked = 0, closed = false;
	const search = el("input", {type: "search", placeholder: "Address, player or name", "aria-label": "Search listeners"});
	const all = el("input", {type: "checkbox", "aria-label": "Select all on this page"});
	const rows = el("tbody");
	const table = el("table", {}, el("thead", {}, el("tr", {}, el("td", {}, all), ...["Address", "Player", "For", "Sent"].map(text => el("th", {scope: "col", text})), el("td"))), rows);
	const count = el("span", {class: "soft figures"});
	const back = el("button", {type: "button", class: "small", text: "Earlier", on: {click: () => turn(-perPage)}});
	const on = el("button", {type: "button", class: "small", text: "Later", on: {click: () => turn(perPage)}});
	const target = el("select", {"aria-label": "Mount to move to"});
	const move = el("button", {type: "button", class: "small", on: {click: moveThem}});
	const panel = el("section", {class: "panel", id: "listeners"},
		el("div", {class: "head"}, el("h2", {}, "Listeners ", count), search),
		el("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "Listeners"}, table),
		el("div", {class: "head"}, el("div", {class: "actions"}, back, on), el("div", {class: "actions"}, target, move)));

	async function show() {
		const mine = asked = Date.now();
		const query = new URLSearchParams({offset, limit: perPage, q: search.value.trim()});
		let page;
		try {
			page = await ask("GET", mountPath(name, "/listeners?") + query);
		} catch (problem) {
			page = {items: [], total: 0};
		}
		if (closed || mine !== asked) return;
		total = page.total;
		if (offset && offset >= total) return turn(-perPage);
		chosen = new Set(page.items.map(l => l.id).filter(id => chosen.has(id)));
		rows.replaceChildren(...page.items.map(row));
		if (!page.items.length) rows.append(el("tr", {}, el("td", {colspan: 6, class: "soft", text: search.value ? "No listener matches." : "No listeners."})));
		all.checked = page.items.length > 0 && chosen.size === page.items.length;
		set(count, total > perPage ? `${offset + 1} to ${offset + page.items.length} of ${total.toLocaleString()}` : total);
		back.hidden = on.hidden = total <= perPage;
		back.disabled = offset === 0;
		on.disabled = offset + perPage >= total;
		label();
	}

	function row(l) {
		const tick = el("input", {type: "checkbox", "aria-label": "Choose " + l.addr, on: {change() {
			if (tick.checked) chosen.add(l.id); else chosen.delete(l.id);
			label();
		}}});
		tick.checked = chosen.has(l.id);
		return el("tr", {data: {id: l.id}}, el("td", {}, tick),
			el("td", {}, el("button", {type: "button", class: "link mono", title: "Copy", text: l.addr, on: {click: () => copy(l.addr)}}), l.user && el("span", {class: "soft", text: " " + l.user})),
			el("td", {class: "agent", dir: "auto", title: l.agent, text: (l.agent || "–") + (l.via === "hls" ? " (HLS)" : "")}),
			el("td", {class: "figures", text: since(l.since)}), el("td", {class: "figures", text: bytes(l.sent)}),
			el("td", {class: "steer"}, el("button", {type: "button", class: "small danger", text: "Kick", "aria-label": `Kick ${l.addr}`, on: {async click() {
				if (await act(ask("DELETE", mountPath(name, "/listeners/" + l.id)), `${l.addr} disconnected`)) setTimeout(show, 300);
			}}}), " ", el("button", {type: "button", class: "small danger ban", text: "Ban", "aria-label": `Ban ${l.addr}`, on: {async click() {
				if (await ban(l.addr)) setTimeout(show, 300);
			}}})));
	}

	function turn(by) {
		offset = Math.max(0, offset + by);
		show();
	}

	function label() {
		set(move, chosen.size ? `Move ${chosen.size} chosen` : "Move all");
		move.disabled = total === 0 || !target.value;
	}

	async function moveThem() {
		const to = target.value, ids = [...chosen];
		if (!ids.length && !await agreed(`Move all listeners of ${name} to ${to}?`, "They hear the other mount from now on. Playback does not stop.", "Move")) return;
		if (await act(ask("POST", mountPath(name, "/listeners/move"), ids.length ? {to, ids} : {to}), answer => `${plural(answer.moved, "listener")} moved to ${to}`)) setTimeout(show, 700);
	}

	let pause = 0;
	search.addEventListener("input", () => {
		clearTimeout(pause);
		pause = setTimeout(() => { offset = 0; show(); }, 250);
	});
	all.addEventListener("change", () => {
		for (const tick of rows.querySelectorAll("input")) {
			if (tick.checked !== all.checked) tick.click();
		}
	});

	return {
		panel,
		update() {
			const others = [...world.mounts.values()].filter(m => m.name !== name && m.state !== "waiting" && m.state !== "asleep").map(m => m.name).sort();
			if (others.join("\n") !== [...target.options].map(o => o.value).join("\n")) {
				const was = target.value;
				target.replaceChildren(...others.map(other => el("option", {value: other, text: "to " + other})));
				if (others.includes(was)) target.value = was;
				label();
			}
			target.hidden = move.hidden = others.length === 0;
			if (Date.now() - asked > every) show();
		},
		close() { closed = true; clearTimeout(pause); },
	};
}
