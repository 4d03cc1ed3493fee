// The card of a mount: it shows the state from the API.

import { clock, el, set } from "./dom.js";

const words = {live: "Live", relay: "Live", rendition: "Live", fallback: "Music", files: "AutoDJ", silence: "Silence", asleep: "Plays when you listen"};
const states = {connecting: "Connecting…", playing: "Playing", failed: "Playback failed"};

const field = (card, name) => card.querySelector(`[data-f="${name}"]`);

// splitTitle splits "Artist - Title", the form that DJ programs send.
export function splitTitle(text) {
	const at = text.indexOf(" - ");
	return at > 0 && at + 3 < text.length ? {artist: text.slice(0, at), title: text.slice(at + 3)} : {artist: "", title: text};
}

const isPicture = address => /^https:\/\/[^?#]+\.(jpe?g|png|webp|gif|avif)([?#]|$)/i.test(address ?? "");
const isSite = address => /^https?:\/\/[^/]/i.test(address ?? "");

// hueOf returns a hue that is always the same for a name: FNV-1a, as on the server.
function hueOf(name) {
	let sum = 2166136261;
	for (const byte of new TextEncoder().encode(name)) sum = Math.imul(sum ^ byte, 16777619) >>> 0;
	return sum % 360;
}

// What browsers call the codecs, and who can play them.
const types = {MP3: "audio/mpeg", AAC: "audio/aac", Opus: 'audio/ogg; codecs="opus"', Vorbis: 'audio/ogg; codecs="vorbis"', FLAC: 'audio/ogg; codecs="flac"'};
const audiences = {
	MP3: "plays everywhere", AAC: "for phones and most radios", Opus: "for browsers and modern players",
	Vorbis: "for most browsers and players", FLAC: "lossless, for fast connections",
};
const probe = document.createElement("audio");

// plays reports whether this browser may play a mount of the API, or a rendition.
export const plays = mount => !(mount.codec in types) || probe.canPlayType(types[mount.codec]) !== "";

export const pathOf = name => new URL(name.split("/").map(encodeURIComponent).join("/"), location.origin).pathname;
const rate = mount => (mount.bitrate ? mount.bitrate + " kbit/s " : "") + mount.codec;

// show updates a card from a mount of the API.
export function show(card, mount) {
	card.dataset.mount = mount.name;
	card.dataset.path = pathOf(mount.name);
	for (const lit of [card, card.querySelector(".text")]) if (lit) lit.dataset.state = mount.state;
	const playing = splitTitle(mount.playing?.title ?? "");
	set(field(card, "word"), words[mount.state] ?? "Back in a moment");
	set(field(card, "station"), mount.title || mount.name.slice(1));
	set(field(card, "title"), playing.title);
	set(field(card, "artist"), playing.artist);
	set(field(card, "about"), mount.description);
	set(field(card, "genre"), mount.genre);
	set(field(card, "rate"), rate(mount));
	card.choices = [mount, ...mount.renditions].map(({name, codec, bitrate}) => ({name, codec, path: pathOf(name), rate: rate({codec, bitrate})}));
	showFormats(card);
	const elsewhere = field(card, "elsewhere"), rows = JSON.stringify([card.choices, mount.hls_url]);
	if (elsewhere && card.rows !== rows) { // keep a button that is about to be pressed
		card.rows = rows;
		const row = (name, audience, path, ...files) => el("li", {},
			el("p", {}, el("b", {text: name}), " ", el("span", {class: "soft", text: audience})),
			el("p", {}, ...files.flatMap(kind => [el("a", {class: "button small", href: path + kind, text: kind}), " "]),
				el("button", {type: "button", class: "small", text: "Copy address", data: {share: "address", path}})));
		elsewhere.replaceChildren(...card.choices.map(c => row(c.rate, audiences[c.codec], c.path, ".m3u", ".pls")));
		if (mount.hls_url) elsewhere.append(row("HLS", "for phones on the move", pathOf(mount.name) + ".m3u8"));
	}
	if ("listeners" in mount) count(card, {[mount.name]: mount.listeners});
	const site = field(card, "site");
	if (site) {
		site.hidden = !isSite(mount.url);
		if (!site.hidden) site.href = mount.url;
	}
	paint(card, mount);
	const list = card.querySelector(".earlier ol");
	if (list) {
		const past = mount.history.filter((t, i) => i > 0 || t.title !== mount.playing?.title);
		list.replaceChildren(...past.map(t => el("li", {}, el("time", {datetime: t.since, text: clock(t.since)}), " ", el("span", {dir: "auto", text: t.title}))));
		list.closest("details").hidden = past.length === 0;
	}
}

// choicesOf returns the formats of a card: as the API says or, before its first event,
// as the server has written the page.
const choicesOf = card => card.choices ?? [...field(card, "format")?.options ?? []].map(o => ({name: o.value, path: o.dataset.path, codec: o.dataset.codec, rate: o.text}));

// choiceOf returns the format that plays: the one that was chosen or else the first that
// this browser may play; undefined: there is none.
function choiceOf(card) {
	const playable = choicesOf(card).filter(plays);
	return playable.find(c => c.name === card.chosen) ?? playable[0];
}

// showFormats offers the formats of a card if there are several.
export function showFormats(card) {
	const list = field(card, "format"), choices = choicesOf(card);
	if (!list) return;
	list.hidden = choices.length < 2;
	field(card, "rate").hidden = !list.hidden;
	const offered = JSON.stringify(choices);
	if (list.dataset.offered !== offered) { // keep a list that is open
		list.dataset.offered = offered;
		list.replaceChildren(...choices.map(c => el("option", {value: c.name, data: {path: c.path, codec: c.codec}, disabled: !plays(c), text: c.rate})));
	}
	list.value = choiceOf(card)?.name ?? "";
}

// choose plays a card in the format with a name, now or as soon as it plays.
export function choose(card, radio, name) {
	card.chosen = name;
	if (card.dataset.mount === radio.mount) play(card, radio);
}

// count shows the number of listeners, of which some mounts have news.
export function count(card, news) {
	const place = field(card, "audience");
	if (!place) return;
	card.counts = {...card.counts, ...news};
	const sum = choicesOf(card).reduce((sum, c) => sum + (card.counts[c.name] ?? 0), 0);
	place.hidden = false;
	set(place, sum === 1 ? "1 listener" : sum + " listeners");
}

function paint(card, mount) {
	const art = card.querySelector(".art svg"), hue = String(hueOf(mount.name));
	if (art && art.dataset.hue !== hue) {
		art.dataset.hue = hue;
		art.querySelector("rect").setAttribute("fill", `hsl(${hue} 46% 40%)`);
	}
	const cover = field(card, "cover");
	if (!cover) return;
	const picture = isPicture(mount.playing?.url) ? mount.playing.url : mount.cover;
	cover.hidden = !picture;
	if (picture && cover.getAttribute("src") !== picture) cover.src = picture;
	cover.onerror = () => { cover.hidden = true; };
}

// showPlay shows the state of the radio on a card.
export function showPlay(card, radio) {
	const mine = card.dataset.mount === radio.mount;
	if (mine && radio.state) card.dataset.play = radio.state; else delete card.dataset.play;
	set(card.querySelector(".play-state"), mine ? radio.state === "failed" && unplayable(card) || states[radio.state] : "");
	card.querySelector(".play").setAttribute("aria-label",
		(mine && radio.state !== "failed" ? "Stop " : "Play ") + field(card, "station").textContent);
}

// describe returns the texts of a card for the lock screen, and the path that plays.
export function describe(card) {
	const text = name => field(card, name)?.textContent ?? "", cover = field(card, "cover");
	return {station: text("station"), title: text("title"), artist: text("artist"), path: pathNow(card),
		cover: cover && !cover.hidden ? cover.src : ""};
}

const pathNow = card => choiceOf(card)?.path ?? card.dataset.path;

// unplayable says that this browser plays no format of a card; "" if it may.
function unplayable(card) {
	const choices = choicesOf(card);
	return choices.length && !choices.some(plays) ? "This browser does not play " + choices[0].codec : "";
}

const play = (card, radio) => radio.play(card.dataset.mount, pathNow(card));

// toggle starts or stops playback of a card, in the format of choiceOf.
export function toggle(card, radio) {
	if (card.dataset.mount === radio.mount && radio.state !== "failed") return radio.stop();
	play(card, radio);
}
