// Questions before something that cannot be taken back.

import { $, set } from "../dom.js";

// agreed asks, and resolves to whether the answer was yes.
export function agreed(question, consequence, yes) {
	const dialog = $("question");
	set($("asked"), question);
	set($("consequence"), consequence);
	set($("agreed"), yes);
	dialog.returnValue = "no";
	dialog.showModal();
	return new Promise(resolve => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), {once: true}));
}
