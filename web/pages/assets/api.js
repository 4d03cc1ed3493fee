// The server's API for the scripts of its own pages.

const base = "/api/v1";

let csrf = "";

// Problem is an error answer (RFC 9457).
export class Problem extends Error {
	constructor(status, body) {
		super(body?.detail || body?.title || `The server answered ${status}`);
		this.status = status;
		this.errors = body?.errors ?? [];
	}
}

// mountPath returns the path of a resource of a mount.
export const mountPath = (mount, rest = "") => "/mounts/" + encodeURIComponent(mount.slice(1)) + rest;

// ask sends a request and returns the JSON of its answer. Without a valid login it
// opens the login page.
export async function ask(method, path, body) {
	const headers = {};
	if (body !== undefined) headers["Content-Type"] = "application/json";
	if (method !== "GET") headers["X-CSRF-Token"] = csrf;
	let answer;
	try {
		answer = await fetch(base + path, {
			method, headers, body: body === undefined ? undefined : JSON.stringify(body),
			cache: "no-store", signal: AbortSignal.timeout(20000),
		});
	} catch {
		throw new Problem(0, {detail: "The server does not answer"});
	}
	const text = await answer.text();
	let json;
	try { json = text ? JSON.parse(text) : undefined; } catch {}
	if (answer.ok) return json;
	if (answer.status === 401 && path !== "/session") onLoggedOut();
	throw new Problem(answer.status, json);
}

let onLoggedOut = () => {};

// logIn opens a session.
export async function logIn(user, password, mount) {
	const session = await ask("POST", "/session", mount ? {user, password, mount} : {user, password});
	csrf = session.csrf;
	return session;
}

// resume finds this browser's session; loggedOut is called when it has ended.
export async function resume(loggedOut) {
	onLoggedOut = loggedOut;
	const session = await ask("GET", "/session");
	csrf = session.csrf;
	return session;
}

export const logOut = () => ask("DELETE", "/session");
