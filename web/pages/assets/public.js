// The public page: every mount with its current title, and a radio.

import { choose, count, describe, show, showFormats, showPlay, toggle } from "./card.js";
import { $, clock, copy, share, wireConnect } from "./dom.js";
import { follow } from "./live.js";
import { Radio, showOnLockScreen, wireVolume } from "./radio.js";

const only = document.querySelector("main").dataset.filter;
const list = $("list"), blank = $("blank"), title = document.title;
const radio = new Radio();
const cards = () => [...list.children];
const cardOf = mount => cards().find(card => card.dataset.mount === mount);
const tellSystem = showOnLockScreen(radio, mount => describe(cardOf(mount)));

function arrange() {
	const n = cards().length;
	list.classList.toggle("one", n === 1);
	if (n === 0) $("connect").hidden = false;
	else if (!$("empty").hidden) $("connect").querySelector("details").open = false; // the first source has connected
	$("empty").hidden = n > 0;
	$("volume").parentElement.classList.toggle("sr", n === 0);
	if (n === 1 && !list.firstElementChild.querySelector(".earlier").dataset.seen) {
		const earlier = list.firstElementChild.querySelector(".earlier");
		earlier.dataset.seen = "yes";
		earlier.open = matchMedia("(min-width: 44rem)").matches;
	}
}

function refresh() {
	for (const card of cards()) showPlay(card, radio);
	const card = radio.mount !== null && cardOf(radio.mount);
	if (radio.mount !== null && !card) return radio.stop();
	tellSystem();
	const now = card && describe(card);
	document.title = card && radio.state === "playing" ? [now.title, now.artist, now.station].filter(Boolean).join(" – ") : title;
}

// place finds the card of a mount, or adds it in the order of names.
function place(mount) {
	const there = cardOf(mount.name);
	if (there) return there;
	const card = blank.content.firstElementChild.cloneNode(true);
	for (const without of card.querySelectorAll("noscript")) without.remove();
	list.insertBefore(card, cards().find(other => other.dataset.mount > mount.name) ?? null);
	return card;
}

// Mounts may have ended while the connection was lost: a card without an event soon
// after it is back is removed.
let told = new Set(), sweeping;

function sweep() {
	for (const card of cards())
		if (!told.has(card.dataset.mount) && card.dataset.mount !== radio.mount) card.remove();
	arrange();
	refresh();
}

// The listeners of a mount with several formats are those of several mounts.
const single = only && list.querySelectorAll("[data-f=format] option").length < 2;

follow("/events" + (single ? "?mount=" + encodeURIComponent(only) : ""), {
	mount(mount) {
		if (only ? mount.name !== only : mount.rendition_of) { // a format of another card
			const card = cardOf(only || mount.rendition_of);
			if (card && "listeners" in mount) count(card, {[mount.name]: mount.listeners});
			return;
		}
		told.add(mount.name);
		show(place(mount), mount);
		arrange();
		refresh();
	},
	listeners(counts) {
		for (const card of cards()) if (!card.querySelector("[data-f=audience]").hidden) count(card, counts);
	},
	gone({mount}) {
		told.delete(mount);
		if (mount !== radio.mount) cardOf(mount)?.remove(); // the mount that plays may be back in a moment
		arrange();
		refresh();
	},
}, state => {
	$("offline").hidden = state === "open";
	clearTimeout(sweeping);
	if (state !== "open") return;
	told = new Set();
	sweeping = setTimeout(sweep, 3000);
}, () => radio.mount === null);

list.addEventListener("click", event => {
	const card = event.target.closest(".mount");
	const button = event.target.closest("button");
	if (!card || !button) return;
	switch (button.dataset.share) {
	case "link":
		return share(describe(card).station, new URL(list.children.length > 1 ? "/?mount=" + encodeURIComponent(card.dataset.mount) : location.pathname + location.search, location.href).href);
	case "address":
		return copy(new URL(button.dataset.path, location.href).href);
	case "embed":
		return copy(`<iframe src="${new URL("/player" + card.dataset.path, location.href).href}" width="100%" height="96" style="border:0" allow="autoplay" title="${describe(card).station.replace(/["&<>]/g, " ")}"></iframe>`);
	}
	toggle(card, radio);
});
list.addEventListener("change", event => {
	if (event.target.matches("[data-f=format]")) choose(event.target.closest(".mount"), radio, event.target.value);
});
radio.addEventListener("change", refresh);
wireVolume(radio, $("volume"));
wireConnect();
for (const card of cards()) showFormats(card);
for (const time of list.querySelectorAll("time")) time.textContent = clock(time.dateTime);
arrange();
