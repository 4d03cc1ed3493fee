// What an operator does, and what he is told of it.

import { toast } from "../dom.js";

// act waits for what was asked of the server and says how it went: done is a
// sentence, or makes one of the answer. It resolves to whether it was done.
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
