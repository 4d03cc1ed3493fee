// The player that other sites show in a frame: one mount, which it waits for if it
// does not exist.

import { describe, show, showPlay, toggle } from "./card.js";
import { $, set } from "./dom.js";
import { follow } from "./live.js";
import { Radio, showOnLockScreen, wireVolume } from "./radio.js";

const card = $("card");
const radio = new Radio();
const tellSystem = showOnLockScreen(radio, () => describe(card));

function refresh() {
	showPlay(card, radio);
	tellSystem();
}

follow("/events?mount=" + encodeURIComponent(card.dataset.mount), {
	mount(mount) {
		show(card, mount);
		refresh();
	},
	gone() {
		card.dataset.state = card.querySelector(".text").dataset.state = "waiting";
		set(card.querySelector("[data-f=word]"), "Off the air");
		for (const name of ["title", "artist"]) set(card.querySelector(`[data-f=${name}]`), "");
	},
}, () => {}, () => radio.mount === null);

card.addEventListener("click", event => {
	if (event.target.closest(".play")) toggle(card, radio);
});
radio.addEventListener("change", refresh);
wireVolume(radio, $("volume"));
refresh();
