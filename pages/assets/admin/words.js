// Numbers and states in words for people.

export const states = {
	live: "Live", relay: "Relay", rendition: "Rendition", fallback: "Fallback", files: "Files", silence: "Silence", waiting: "Waiting",
};

// duration writes seconds in at most two units.
export function duration(seconds) {
	const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
	let left = Math.max(0, Math.floor(seconds));
	const at = units.findIndex(([, size]) => left >= size);
	if (at < 0) return "0 s";
	const parts = [];
	for (const [unit, size] of units.slice(at, at + 2)) {
		const n = Math.floor(left / size);
		left -= n * size;
		if (n) parts.push(`${n} ${unit}`);
	}
	return parts.join(" ");
}

// since is how long ago a time is.
export const since = time => duration((Date.now() - new Date(time)) / 1000);

// bytes writes a size in the unit that suits it.
export function bytes(n) {
	const units = ["B", "kB", "MB", "GB", "TB"];
	let at = 0;
	for (; n >= 1000 && at < units.length - 1; at++) n /= 1000;
	return `${n.toFixed(at && n < 100 ? 1 : 0)} ${units[at]}`;
}

// plural writes how many of something there are.
export const plural = (n, one, many = one + "s") => `${n.toLocaleString()} ${n === 1 ? one : many}`;
