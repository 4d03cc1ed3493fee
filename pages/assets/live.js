// What happens on the server, as it happens: server-sent events.

// follow calls handlers[name](data) for every event, and state("open") or
// state("lost") as the connection comes and goes. While the page is hidden and
// idle() says that nobody needs it, there is no connection: browsers have few
// of them for each server.
export function follow(path, handlers, state = () => {}, idle = () => false) {
	let source, again;

	function open() {
		clearTimeout(again);
		if (source) return;
		source = new EventSource("/api/v1" + path);
		source.onopen = () => state("open");
		source.onerror = () => {
			state("lost");
			if (source.readyState === EventSource.CLOSED) { // refused: it does not try by itself
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
