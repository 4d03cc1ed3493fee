// Questions before actions that cannot be undone.

import { $, el, set } from "../dom.js";

// agreed asks a question and resolves to whether the answer was yes.
export const agreed = async (question, consequence, yes) => await chosen(question, consequence, yes, "", {}) !== null;

// chosen asks a question with a choice, whose options are {value: text}, under a
// label. It resolves to the value, or to null if the answer was no.
export function chosen(question, consequence, yes, label, options) {
	const dialog = $("question"), choice = $("choice"), select = choice.querySelector("select");
	set($("asked"), question);
	set($("consequence"), consequence);
	set($("agreed"), yes);
	set(choice.querySelector("span"), label);
	choice.hidden = !label;
	select.replaceChildren(...Object.entries(options).map(([value, text]) => el("option", {value, text})));
	dialog.returnValue = "no";
	dialog.showModal();
	return new Promise(resolve => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes" ? select.value : null), {once: true}));
}
