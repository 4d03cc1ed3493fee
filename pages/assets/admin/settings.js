// The settings of a mount, as in relay.toml.

import { ask, mountPath } from "../api.js";
import { el, toast } from "../dom.js";
import { agreed } from "./question.js";

// Keys with the words for them; what is not here is changed in the file.
const fields = [
	{key: "title", label: "Name of the station", hint: "empty: what the source says"},
	{key: "description", label: "Description", hint: "empty: what the source says"},
	{key: "genre", label: "Genre"},
	{key: "url", label: "Website"},
	{key: "source_user", label: "User of its sources", hint: "empty: that of all"},
	{key: "source_password", label: "New password of its sources", hint: "empty: as it is", secret: true},
	{key: "fallbacks", label: "Fallbacks", hint: "mounts and “files”, best first, with commas", kind: "list"},
	{key: "fallback_full", label: "When it is full, listeners go to"},
	{key: "max_listeners", label: "Listeners at most", hint: "0: as many as the server takes", kind: "number"},
	{key: "max_duration", label: "A listener may stay", hint: "such as 4h; 0s: for ever"},
	{key: "burst", label: "A new listener gets at once", hint: "such as 64KiB"},
	{key: "grace", label: "A lost source has to come back", hint: "such as 10s"},
	{key: "takeover", label: "A second source", kind: "choice", of: {refuse: "is refused", newest: "takes the place of the first", "same-user": "takes it with the same login"}},
	{key: "intro_file", label: "File that newcomers hear first"},
	{key: "record_dir", label: "Folder for recordings"},
	{key: "record_keep", label: "Recordings are kept", hint: "such as 720h"},
	{key: "silence", label: "Silence when nothing else is left", kind: "switch"},
	{key: "hidden", label: "Hidden from public pages", kind: "switch"},
	{key: "public", label: "May be listed in directories", kind: "switch"},
];

// control returns what a field is entered with.
function control({key, kind, secret, of}) {
	switch (kind) {
	case "switch":
		return el("input", {type: "checkbox", name: key});
	case "choice":
		return el("select", {name: key}, ...Object.entries(of).map(([value, text]) => el("option", {value, text})));
	case "number":
		return el("input", {type: "number", name: key, min: 0, step: 1});
	}
	return el("input", {name: key, type: secret ? "password" : "text", autocomplete: secret ? "new-password" : "off", autocapitalize: "none", spellcheck: "false"});
}

// given returns what is entered, as the API takes it.
function given(input, kind) {
	switch (kind) {
	case "switch": return input.checked;
	case "number": return Number(input.value);
	case "list": return input.value.split(",").map(part => part.trim()).filter(Boolean);
	}
	return input.value;
}

function fill(input, kind, value) {
	if (kind === "switch") input.checked = value;
	else if (kind === "list") input.value = value.join(", ");
	else input.value = value ?? "";
}

// settings returns a panel, and what brings it up to date.
export function settings(world, name) {
	let config = null, asking = false;
	const inputs = new Map(fields.map(field => [field.key, control(field)]));
	const errors = el("ul", {class: "problem", role: "alert", hidden: true});
	const remove = el("button", {type: "button", class: "danger", text: "Take out of the configuration", on: {click: takeOut}});
	const form = el("form", {class: "fields", on: {submit: save}},
		...fields.map(({key, label, hint, kind}) => el("label", {class: kind === "switch" ? "switch" : "field"},
			...kind === "switch" ? [inputs.get(key), label] : [el("span", {}, label, hint && el("small", {class: "soft", text: " " + hint})), inputs.get(key)])),
		errors, el("div", {class: "actions"}, el("button", {class: "first", type: "submit", text: "Save"}), remove));
	const panel = el("details", {class: "panel", id: "settings"}, el("summary", {}, el("b", {text: "Settings"}), " ", el("span", {class: "soft", text: "as in relay.toml"})), form);

	async function load() {
		if (asking) return;
		asking = true;
		try {
			show((await ask("GET", mountPath(name))).config);
		} catch {} finally {
			asking = false;
		}
	}

	function show(now) {
		config = now;
		for (const {key, kind, secret} of fields) fill(inputs.get(key), kind, secret ? "" : config[key]);
	}

	async function save(event) {
		event.preventDefault();
		const changes = {};
		for (const {key, kind, secret} of fields) {
			const value = given(inputs.get(key), kind);
			if (secret ? value !== "" : JSON.stringify(value) !== JSON.stringify(config[key])) changes[key] = value;
		}
		if (!Object.keys(changes).length) return toast("Nothing has changed");
		errors.hidden = true;
		try {
			const answer = await ask("PATCH", mountPath(name), changes);
			show(answer.mount.config);
			toast(answer.saved ? "Saved, and in force" : "In force until the server stops: there is no configuration file");
			world.refresh();
		} catch (problem) {
			errors.replaceChildren(...(problem.errors?.length ? problem.errors.map(e => [e.key, e.detail].filter(Boolean).join(": ")) : [problem.message]).map(text => el("li", {text})));
			errors.hidden = false;
		}
	}

	async function takeOut() {
		if (!await agreed(`Take ${name} out of the configuration?`, "Whoever is on the air stays until it leaves. Its settings and logins are lost.", "Take it out")) return;
		try {
			await ask("DELETE", mountPath(name));
			toast(`${name} is no longer declared`);
			await world.refresh();
			location.hash = "#/";
		} catch (problem) {
			toast(problem.message, true);
		}
	}

	panel.addEventListener("toggle", () => { if (panel.open) load(); });
	return {panel, update(m) { remove.hidden = !m.declared; }};
}
