// Helpers for the document.

export const $ = id => document.getElementById(id);

// set changes an element's text only if it differs: screen readers announce every
// change.
export function set(element, text) {
	text = String(text ?? "");
	if (element && element.textContent !== text) element.textContent = text;
}

// el makes an element: first its properties by name (class, text, on, data and aria-…
// are special), then its children.
export function el(tag, properties = {}, ...inside) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(properties)) {
		if (value === undefined || value === null || value === false) continue;
		if (name === "text") element.textContent = value;
		else if (name === "class") element.className = value;
		else if (name === "on") for (const [event, f] of Object.entries(value)) element.addEventListener(event, f);
		else if (name === "data") Object.assign(element.dataset, value);
		else element.setAttribute(name, value === true ? "" : value);
	}
	element.append(...inside.filter(part => part !== undefined && part !== null && part !== false));
	return element;
}

let fading;

// toast shows a short message about an outcome.
export function toast(text, bad = false) {
	let box = $("toast");
	if (!box) {
		box = el("div", {id: "toast", role: "status"});
		document.body.append(box);
	}
	box.className = bad ? "bad" : "";
	box.textContent = text;
	clearTimeout(fading);
	fading = setTimeout(() => { box.textContent = ""; }, bad ? 8000 : 3500);
}

// copy puts text on the clipboard. Without TLS browsers offer no clipboard to
// scripts, but still copy a selection.
export async function copy(text) {
	try {
		await navigator.clipboard.writeText(text);
	} catch {
		const area = el("textarea", {class: "sr"});
		area.value = text;
		document.body.append(area);
		area.select();
		document.execCommand("copy");
		area.remove();
	}
	toast("Copied");
}

// share opens the system's share dialog for an address, or copies the address if the
// browser has no such dialog.
export async function share(title, address) {
	if (!navigator.share) return copy(address);
	try {
		await navigator.share({title, url: address});
	} catch (problem) {
		if (problem.name !== "AbortError") return copy(address); // the user has cancelled the dialog
	}
}

// wireConnect replaces host and port in the settings for DJs by those of the page's
// address, and makes the copy buttons work.
export function wireConnect(root = document) {
	const port = location.port || (location.protocol === "https:" ? "443" : "80");
	for (const part of root.querySelectorAll("[data-host]"))
		part.textContent = part.dataset.host === "port" ? port : location.hostname;
	for (const button of root.querySelectorAll("[data-copy=previous]"))
		button.addEventListener("click", () => copy(button.previousElementSibling.textContent));
}

// clock formats the time of day, with the date if it is another day.
export function clock(time) {
	const at = new Date(time), today = new Date().toDateString() === at.toDateString();
	return at.toLocaleString([], today ? {hour: "2-digit", minute: "2-digit"} : {month: "short", day: "numeric", hour: "2-digit", minute: "2-digit"});
}
