// The active configuration, and the reload.

import { ask } from "../api.js";
import { clock, el, set, toast } from "../dom.js";

// open shows the configuration.
export function open(place, world) {
	const file = el("p", {class: "soft"});
	const text = el("pre", {tabindex: 0, role: "region", "aria-label": "Active configuration"});
	const errors = el("div", {class: "problem", id: "errors", role: "alert", hidden: true});
	const button = el("button", {type: "button", class: "first", id: "reload", text: "Reload the file", on: {click: reload}});
	place.append(el("div", {class: "head"}, el("h1", {text: "Configuration"}), button), errors,
		el("section", {class: "panel"}, file, text));

	async function show() {
		const c = await ask("GET", "/configuration");
		set(file, c.file ? `${c.file}, loaded ${clock(c.loaded)}. Passwords are shown as ***.` : "There is no configuration file: these are the defaults.");
		set(text, c.text);
		button.hidden = !c.file;
	}

	async function reload() {
		button.disabled = true;
		errors.hidden = true;
		try {
			const {changed, restart_needed: waiting} = await ask("POST", "/reload");
			toast(!changed.length && !waiting.length ? "No changes" :
				[changed.length && "Active: " + changed.join(", "), waiting.length && "Needs a restart: " + waiting.join(", ")].filter(Boolean).join(". "));
			await Promise.all([show(), world.refresh()]);
		} catch (problem) {
			errors.replaceChildren(el("p", {text: "Reload failed. The previous configuration is still active."}),
				el("ul", {}, ...(problem.errors?.length ? problem.errors : [{detail: problem.message}]).map(e =>
					el("li", {}, el("span", {class: "mono", text: [e.file && e.file + (e.line ? ":" + e.line : ""), e.key].filter(Boolean).join(" ")}), " ", e.detail))));
			errors.hidden = false;
		} finally {
			button.disabled = false;
		}
	}

	show().catch(problem => toast(problem.message, true));
	return {};
}
