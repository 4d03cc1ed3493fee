// A radio: one audio element that plays one mount at a time and reconnects when the
// connection is lost.

const patience = 15000; // wait for the first sound, in ms
const tries = 8;

// A Radio dispatches "change" events: playing is its mount or null, and state is "",
// "connecting", "playing" or "failed".
export class Radio extends EventTarget {
	mount = null;
	state = "";
	#audio = new Audio();
	#path = "";
	#failures = 0;
	#retry = 0;
	#waiting = 0;

	constructor() {
		super();
		const audio = this.#audio;
		audio.preload = "none";
		document.body.append(audio); // where tests find it
		audio.addEventListener("playing", () => {
			if (this.mount === null) return;
			clearTimeout(this.#waiting);
			this.#failures = 0;
			this.#become("playing");
		});
		audio.addEventListener("waiting", () => {
			if (this.mount === null || this.state !== "playing") return;
			this.#become("connecting");
			this.#waiting = setTimeout(() => this.#lost(), patience);
		});
		audio.addEventListener("error", () => { if (audio.hasAttribute("src")) this.#lost(); });
		audio.addEventListener("ended", () => this.#lost());
		audio.addEventListener("pause", () => { // caused by a headset or another program
			if (this.mount !== null && this.state === "playing" && !audio.ended && audio.hasAttribute("src")) this.stop();
		});
		addEventListener("online", () => { if (this.mount !== null && this.state !== "playing") this.play(this.mount, this.#path); });
		addEventListener("pagehide", () => this.stop());
	}

	set volume(loudness) { this.#audio.volume = loudness ** 2; } // loudness as it is perceived

	get muted() { return this.#audio.muted; }
	set muted(is) { this.#audio.muted = is; }

	play(mount, path) {
		this.#drop();
		this.mount = mount;
		this.#path = path;
		this.#failures = 0;
		this.#connect();
	}

	stop() {
		if (this.mount === null) return;
		this.#drop();
		this.mount = null;
		this.#become("");
	}

	#connect() {
		this.#become("connecting");
		clearTimeout(this.#waiting);
		this.#waiting = setTimeout(() => this.#lost(), patience);
		this.#audio.src = this.#path + "?" + Date.now(); // bypasses caches
		this.#audio.play().catch(error => {
			if (error.name === "NotAllowedError") this.#fail();
		});
	}

	// The stream ended: the server or the network may be back soon.
	#lost() {
		if (this.mount === null || this.state === "failed") return;
		this.#drop();
		if (++this.#failures > tries) return this.#fail();
		this.#become("connecting");
		this.#retry = setTimeout(() => this.#connect(), Math.min(250 * 2 ** this.#failures, 15000));
	}

	#fail() {
		this.#drop();
		this.#become("failed");
	}

	#drop() {
		clearTimeout(this.#retry);
		clearTimeout(this.#waiting);
		this.#audio.pause();
		this.#audio.removeAttribute("src");
		this.#audio.load();
	}

	#become(state) {
		this.state = state;
		this.dispatchEvent(new Event("change"));
	}
}

// wireVolume ties a radio to a slider, and saves the slider's position for the next
// visit where the browser allows that. Some phones control volume only by their keys:
// the slider is hidden there. The button beside it mutes; moving the slider unmutes.
export function wireVolume(radio, slider) {
	const probe = new Audio(), button = slider.parentElement.querySelector("button");
	probe.volume = .5;
	if (probe.volume !== .5) slider.hidden = true;
	const mute = is => {
		radio.muted = is;
		button.setAttribute("aria-pressed", String(is));
	};
	button.addEventListener("click", () => mute(!radio.muted));
	try { slider.value = localStorage.getItem("relay.volume") ?? slider.value; } catch {}
	radio.volume = slider.value / 100;
	slider.addEventListener("input", () => {
		mute(false);
		radio.volume = slider.value / 100;
		try { localStorage.setItem("relay.volume", slider.value); } catch {}
	});
}

// showOnLockScreen shows the current title in the system's media controls, which can
// stop the radio and start it again.
export function showOnLockScreen(radio, describe) {
	if (!("mediaSession" in navigator)) return () => {};
	const session = navigator.mediaSession;
	let last = null, picture = "";
	const on = (action, f) => { try { session.setActionHandler(action, f); } catch {} };
	const halt = () => radio.stop();
	on("pause", halt);
	on("stop", halt);
	on("play", () => { if (radio.mount === null && last) radio.play(...last); });
	return () => {
		if (radio.mount === null) {
			session.playbackState = last ? "paused" : "none";
			return;
		}
		const {station, title, artist, cover, path} = describe(radio.mount);
		last = [radio.mount, path];
		const old = session.metadata, now = title || station, by = artist || (title ? station : "");
		if (old?.title !== now || old?.artist !== by || picture !== cover)
			session.metadata = new MediaMetadata({title: now, artist: by, album: station, artwork: cover ? [{src: cover}] : []});
		picture = cover;
		session.playbackState = radio.state === "playing" ? "playing" : "paused";
	};
}
