package main

// mix plays every part on its instrument and sets the levels. Together they
// come to about -17 LUFS, where speech and most playlists sit, so that a DJ's
// first word is no jump.
func mix(p parts) ring {
	keys := play(playKeys, p.keys)
	keys = through(both(lowPass(4800, 0.6)), keys)
	keys = through(autopan{times: 24, depth: 0.16}, keys)
	pad := through(both(lowPass(1900, 0.6)), play(playPad, p.pad))
	bass := play(playBass, p.bass)
	pluck := play(playPluck, p.pluck)
	echo := through(newPingPong(3, 0.46), pluck)
	shaker := play(playShaker, p.shaker)
	brush := play(playBrush, p.brush)
	kick := play(playKick, p.kick)

	dry, room := newRing(), newRing()
	for _, ch := range []struct {
		sound       ring
		level, send float64
	}{
		{keys, 0.135, 0.30},
		{pad, 0.015, 0.60},
		{bass, 0.270, 0},
		{pluck, 0.310, 0.40},
		{echo, 0.150, 0.50},
		{shaker, 0.200, 0.15},
		{brush, 0.330, 0.35},
		{kick, 0.340, 0.04},
	} {
		dry.blend(ch.sound, ch.level)
		room.blend(ch.sound, ch.level*ch.send)
	}
	// Low notes would only make the room boom.
	room = through(both(highPass(180, 0.7)), room)
	dry.blend(through(newReverb(2.4, 5200), room), 0.55)
	return dry
}

// play lets an instrument play its part on a ring of its own.
func play(instrument func(ring, note), part []note) ring {
	r := newRing()
	for _, n := range part {
		instrument(r, n)
	}
	return r
}
