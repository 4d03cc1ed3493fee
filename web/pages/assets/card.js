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

// What browsers call the codecs.
const types = {MP3: "audio/mpeg", AAC: "audio/aac", Opus: 'audio/ogg; codecs="opus"', Vorbis: 'audio/ogg; codecs="vorbis"', FLAC: 'audio/ogg; codecs="flac"'};
const probe = document.createElement("audio");

// plays reports whether this browser may play a mount of the API, or a rendition.
const plays = mount => !(mount.codec in types) || probe.canPlayType(types[mount.codec]) !== "";

const pathOf = name => new URL(name.split("/").map(encodeURIComponent).join("/"), location.origin).pathname;
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
	card.choices = [mount, ...mount.renditions];
	const others = field(card, "renditions");
	if (others) {
		others.hidden = mount.renditions.length === 0;
		others.replaceChildren(...mount.renditions.flatMap(other => [el("a", {class: "button small", href: pathOf(other.name), text: rate(other)}), " "]));
	}
	if ("listeners" in mount) count(card, mount.listeners);
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
	for (const link of card.querySelectorAll(".playlists a")) link.href = card.dataset.path + link.textContent;
}

// count shows the number of listeners.
export function count(card, listeners) {
	const place = field(card, "audience");
	if (!place) return;
	place.hidden = false;
	set(place, listeners === 1 ? "1 listener" : listeners + " listeners");
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

// describe returns the texts of a card for the lock screen.
export function describe(card) {
	const text = name => field(card, name)?.textContent ?? "", cover = field(card, "cover");
	return {station: text("station"), title: text("title"), artist: text("artist"), path: card.dataset.path,
		cover: cover && !cover.hidden ? cover.src : ""};
}

// unplayable says that this browser plays neither a card's mount nor another one with the
// same programme; "" if it may.
const unplayable = card => card.choices && !card.choices.some(plays) ? "This browser does not play " + card.choices[0].codec : "";

// toggle starts or stops playback of a card's mount or, if this browser cannot play that,
// of another one with the same programme.
export function toggle(card, radio) {
	if (card.dataset.mount === radio.mount && radio.state !== "failed") return radio.stop();
	const choice = card.choices?.find(plays);
	radio.play(card.dataset.mount, choice ? pathOf(choice.name) : card.dataset.path);
}
