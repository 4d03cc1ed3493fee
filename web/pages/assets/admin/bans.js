// Banned addresses.

import { ask } from "../api.js";
import { clock, el, set } from "../dom.js";
import { act } from "./action.js";
import { chosen } from "./question.js";

const spans = {0: "Permanently", 3600: "For an hour", 86400: "For a day", 604800: "For a week"};

// network returns the client prefix to ban for an address: an IPv4 address alone, or the
// /64 of an IPv6 address.
function network(address) {
	if (!address.includes(":") || address.includes("/")) return address;
	const [head, tail] = address.split("::"), given = head.split(":").filter(Boolean);
	const missing = 8 - given.length - (tail?.split(":").filter(Boolean).length ?? 0);
	const groups = [...given, ...Array(tail === undefined ? 0 : missing).fill("0"), ...(tail?.split(":").filter(Boolean) ?? [])];
	return groups.slice(0, 4).join(":") + "::/64";
}

// ban asks for the duration of a ban, and bans the address. It resolves to whether it
// did.
export async function ban(address) {
	const banned = network(address);
	const seconds = await chosen(`Ban ${banned}?`, "Listeners and sources at this address are disconnected and can no longer connect.", "Ban", "Duration", spans);
	if (seconds === null) return false;
	return act(ask("POST", "/bans", {address: banned, seconds: Number(seconds)}),
		b => b.origin === "file" ? `${banned} is banned` : `${banned} is banned until relay stops. To keep bans, set auth.deny_ips_file`);
}

// open shows the bans.
export function open(place) {
	const rows = el("tbody"), count = el("span", {class: "soft figures"});
	const address = el("input", {name: "address", required: true, placeholder: "192.0.2.7 or 10.0.0.0/8", "aria-label": "Address", autocapitalize: "none", spellcheck: "false"});
	const form = el("form", {class: "actions", on: {async submit(event) {
		event.preventDefault();
		if (!await ban(address.value.trim())) return;
		address.value = "";
		show();
	}}}, address, el("button", {type: "submit", text: "Ban"}));
	place.append(el("div", {class: "head"}, el("h1", {}, "Bans ", count), form),
		el("section", {class: "panel"}, el("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "Banned addresses"},
			el("table", {}, el("thead", {}, el("tr", {}, ...["Address", "Until", "Kept in"].map(text => el("th", {scope: "col", text})), el("td"))), rows))));

	async function show() {
		try {
			const {items, total} = await ask("GET", "/bans?limit=1000");
			set(count, items.length < total ? `the first ${items.length} of ${total}` : total);
			rows.replaceChildren(...items.map(row));
			if (!items.length) rows.append(el("tr", {}, el("td", {colspan: 4, class: "soft", text: "No address is banned."})));
		} catch (problem) {
			rows.replaceChildren(el("tr", {}, el("td", {colspan: 4, class: "soft", text: problem.message})));
		}
	}

	function row(b) {
		const kept = {configuration: "auth.deny_ips", file: "auth.deny_ips_file", memory: "memory; lost when relay stops"}[b.origin];
		return el("tr", {}, el("td", {class: "mono", text: b.address}), el("td", {class: "figures", text: b.until ? clock(b.until) : "Permanently"}), el("td", {class: "soft", text: kept}),
			el("td", {class: "right"}, b.origin !== "configuration" && el("button", {type: "button", class: "small", text: "Lift", "aria-label": `Lift the ban of ${b.address}`, on: {async click() {
				if (await act(ask("DELETE", "/bans/" + encodeURIComponent(b.address)), `${b.address} can connect again`)) show();
			}}})));
	}

	show();
	return {};
}
