// Operators' actions, and the messages about their outcome.

import { toast } from "../dom.js";

// act waits for the server's answer and shows the outcome: done is a sentence, or a
// function that makes one from the answer. It resolves to whether the action
// succeeded.
export async function act(asked, done) {
	try {
		const answer = await asked;
		toast(typeof done === "function" ? done(answer) : done);
		return true;
	} catch (problem) {
		toast([problem.message, ...problem.errors?.slice(1).map(e => e.detail) ?? []].join("\n"), true);
		return false;
	}
}
