// The settings of a mount, as in relay.toml.

import { ask, mountPath } from "../api.js";
import { el, toast } from "../dom.js";
import { agreed } from "./question.js";

// The settings with their labels; all others can be changed only in the file.
const fields = [
	{key: "title", label: "Name of the station", hint: "empty: as the source says"},
	{key: "description", label: "Description", hint: "empty: as the source says"},
	{key: "genre", label: "Genre"},
	{key: "url", label: "Website"},
	{key: "format", label: "Codec", hint: "other input is converted, with ffmpeg", kind: "codec", of: {"": "of the first input that plays", mp3: "MP3", aac: "AAC", opus: "Opus", vorbis: "Vorbis", flac: "FLAC"}},
	{key: "source_user", label: "Source user", hint: "empty: the user of all mounts"},
	{key: "source_password", label: "New source password", hint: "empty: unchanged", secret: true},
	{key: "fallbacks", label: "Fallbacks", hint: "mounts and “files”, best first, separated by commas", kind: "list"},
	{key: "fallback_full", label: "Mount for listeners when this one is full"},
	{key: "redirect_full", label: "Server for listeners when both are full", hint: "change it in the file", kind: "shown"},
	{key: "max_listeners", label: "Maximum listeners", hint: "0: the limit of the server", kind: "number"},
	{key: "max_duration", label: "Maximum listening time", hint: "such as 4h; 0s: no limit"},
	{key: "burst", label: "Burst for new listeners", hint: "such as 5s or 64KiB"},
	{key: "grace", label: "Grace for a lost source", hint: "such as 10s"},
	{key: "takeover", label: "A second source", kind: "choice", of: {refuse: "is refused", newest: "takes the place of the first", "same-user": "takes its place if the login is the same"}},
	{key: "intro_file", label: "Intro file"},
	{key: "rewind", label: "Keep what was played for", hint: "such as 2h or 7d; 0s: not at all"},
	{key: "rewind_dir", label: "Folder for what was played"},
	{key: "record_dir", label: "Folder for recordings"},
	{key: "record_keep", label: "Keep recordings for", hint: "such as 720h"},
	{key: "headers", label: "Additional headers for listeners", hint: "one per line, such as icy-country-code: DE", kind: "headers"},
	{key: "interlude", label: "Play the music that ships with relay when nothing else plays", kind: "switch"},
	{key: "silence", label: "Play silence when nothing else plays", kind: "switch"},
	{key: "hls", label: "Serve HLS too, for phones and CDNs", kind: "switch"},
	{key: "hidden", label: "Hidden from public pages", kind: "switch"},
	{key: "public", label: "List in directories", kind: "switch"},
];

// control returns the input element of a field.
function control({key, kind, secret, of}) {
	switch (kind) {
	case "switch":
		return el("input", {type: "checkbox", name: key});
	case "choice":
	case "codec":
		return el("select", {name: key}, ...Object.entries(of).map(([value, text]) => el("option", {value, text})));
	case "headers":
		return el("textarea", {name: key, rows: 3, autocapitalize: "none", spellcheck: "false"});
	case "shown":
		return el("input", {name: key, type: "text", readonly: true});
	case "number":
		return el("input", {type: "number", name: key, min: 0, step: 1});
	}
	return el("input", {name: key, type: secret ? "password" : "text", autocomplete: secret ? "new-password" : "off", autocapitalize: "none", spellcheck: "false"});
}

// given returns the entered value, in the form of the API. was is the value before.
function given(input, kind, was) {
	switch (kind) {
	case "codec": return {...was, codec: input.value};
	case "switch": return input.checked;
	case "number": return Number(input.value);
	case "headers": return Object.fromEntries(input.value.split("\n").filter(line => line.trim()).map(line => {
		const [name, ...value] = line.split(":");
		return [name.trim(), value.join(":").trim()];
	}));
	case "list": return input.value.split(",").map(part => part.trim()).filter(Boolean);
	}
	return input.value;
}

function fill(input, kind, value) {
	if (kind === "switch") input.checked = value;
	else if (kind === "list") input.value = value.join(", ");
	else if (kind === "headers") input.value = Object.entries(value).map(([name, text]) => `${name}: ${text}`).join("\n");
	else if (kind === "codec") input.value = value.codec;
	else input.value = value ?? "";
}

// fieldOf returns the key of the setting that a problem is about, such as "grace" in
// "mount.grace" and "mount[2].grace", or else the key at the beginning of the
// sentence.
function fieldOf(key, detail) {
	const named = key.replace(/^mount(\[[^\]]*\])?\.?/, "") || (/^(?:the member )?"?(\w+)"?/.exec(detail)?.[1] ?? "");
	return named.split(/[.[]/)[0];
}

// withoutKey removes the key of a setting from the beginning of a sentence about it.
const withoutKey = (detail, key) => detail.replace(new RegExp(`^(the member )?"?${key}"?:? `), "");

// settings returns a panel, and functions that update it.
export function settings(world, name) {
	let config = null, asking = false;
	const inputs = new Map(fields.map(field => [field.key, control(field)]));
	const errors = el("ul", {class: "problem", role: "alert", hidden: true});
	const remove = el("button", {type: "button", class: "danger", text: "Remove from the configuration", on: {click: takeOut}});
	const form = el("form", {class: "fields", on: {submit: save}},
		...fields.map(({key, label, hint, kind}) => el("label", {class: kind === "switch" ? "switch" : "field"},
			...kind === "switch" ? [inputs.get(key), label] : [el("span", {}, label, hint && el("small", {class: "soft", text: " " + hint})), inputs.get(key)])),
		errors, el("div", {class: "actions"}, el("button", {class: "first", type: "submit", text: "Save"}), remove));
	const panel = el("section", {class: "panel", id: "settings"}, el("h2", {}, "Settings ", el("span", {class: "soft", text: "as in relay.toml"})), form);

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
			const value = given(inputs.get(key), kind, config[key]);
			if (kind === "headers") for (const name of Object.keys(config[key])) value[name] ??= null; // a patch keeps what it does not name
			if (secret ? value !== "" : JSON.stringify(value) !== JSON.stringify(config[key])) changes[key] = value;
		}
		if (!Object.keys(changes).length) return toast("No changes");
		complain([]);
		try {
			const answer = await ask("PATCH", mountPath(name), changes);
			show(answer.mount.config);
			toast(answer.saved ? "Saved and active" : "Active until the server stops: there is no configuration file");
			world.refresh();
		} catch (problem) {
			complain(problem.errors?.length ? problem.errors : [{detail: problem.message}]);
		}
	}

	// complain shows errors, each with the label of its field, and marks the fields.
	function complain(problems) {
		for (const input of inputs.values()) input.removeAttribute("aria-invalid");
		errors.replaceChildren(...problems.map(({key = "", detail}) => {
			const of = fields.find(f => fieldOf(key, detail) === f.key);
			if (!of) return el("li", {text: [key, detail].filter(Boolean).join(": ")});
			inputs.get(of.key).setAttribute("aria-invalid", "true");
			return el("li", {}, el("b", {text: of.label}), " ", withoutKey(detail, of.key));
		}));
		errors.hidden = problems.length === 0;
		form.querySelector("[aria-invalid]")?.focus();
	}

	async function takeOut() {
		if (!await agreed(`Remove ${name} from the configuration?`, "A connected source stays until it disconnects. The settings and logins of the mount are deleted.", "Remove")) return;
		try {
			await ask("DELETE", mountPath(name));
			toast(`${name} removed`);
			await world.refresh();
			location.hash = "#/";
		} catch (problem) {
			toast(problem.message, true);
		}
	}

	return {panel, load, update(m) { remove.hidden = !m.declared; }};
}
