// Numbers and states in words for people.

export const states = {
	live: "Live", relay: "Relay", rendition: "Rendition", fallback: "Fallback", files: "AutoDJ", silence: "Silence", waiting: "Waiting", asleep: "Asleep",
};

// duration formats seconds in at most two units.
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

// heard formats hours of listening; more than 0 never becomes 0.
export const heard = hours => hours > 0 && hours * 3600 < 1 ? "less than 1 s" : duration(Math.round(hours * 3600));

// since formats the time that has passed since a point in time.
export const since = time => duration((Date.now() - new Date(time)) / 1000);

// bytes formats a size in a suitable unit.
export function bytes(n) {
	const units = ["B", "kB", "MB", "GB", "TB"];
	let at = 0;
	for (; n >= 1000 && at < units.length - 1; at++) n /= 1000;
	return `${n.toFixed(at && n < 100 ? 1 : 0)} ${units[at]}`;
}

// plural formats a number with its noun.
export const plural = (n, one, many = one + "s") => `${n.toLocaleString()} ${n === 1 ? one : many}`;

// codec names a codec by its key in a format of the API.
export const codec = key => ({mp3: "MP3", aac: "AAC", opus: "Opus", vorbis: "Vorbis", flac: "FLAC"})[key] ?? "";

// format names a format of audio.
export const format = f => f ? `${codec(f.codec)} ${f.rate / 1000} kHz ${["", "mono", "stereo"][f.channels] ?? f.channels + " channels"}`.trim() : "another format";
