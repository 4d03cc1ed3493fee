// Live updates from the server: server-sent events.

// follow calls handlers[name](data) for every event, and state("open") or
// state("lost") when the connection is made or lost. While the page is hidden and
// idle() returns true there is no connection: browsers allow only a few for each
// server.
export function follow(path, handlers, state = () => {}, idle = () => false) {
	let source, again;

	function open() {
		clearTimeout(again);
		if (source) return;
		source = new EventSource("/api/v1" + path);
		source.onopen = () => state("open");
		source.onerror = () => {
			state("lost");
			if (source.readyState === EventSource.CLOSED) { // refused: EventSource does not retry by itself
				close();
				again = setTimeout(open, 5000);
			}
		};
		for (const [name, handler] of Object.entries(handlers))
			source.addEventListener(name, event => handler(JSON.parse(event.data)));
	}

	function close() {
		clearTimeout(again);
		source?.close();
		source = undefined;
	}

	document.addEventListener("visibilitychange", () => {
		if (!document.hidden) open();
		else if (idle()) close();
	});
	addEventListener("pagehide", close);
	addEventListener("pageshow", open);
	open();
	return {open, close};
}
