package conf

import (
	"cmp"
	"slices"
	"time"
)

// Files is [mount.files]: the music that AutoDJ plays when there is no live source.
type Files struct {
	// Paths are files, folders and playlists.
	Paths []string `toml:"paths"`
	// Order is the order of the tracks.
	Order Order `toml:"order"`
	// Rescan is how often to look for added and removed files; 0: never.
	Rescan Duration `toml:"rescan"`
	// Jingles are files, folders and playlists too. After every JingleEvery tracks, one
	// of them plays, in an order of their own; 0: none.
	Jingles     []string `toml:"jingles"`
	JingleEvery int      `toml:"jingle_every"`

	// Codec is what tracks are brought to if nothing else has decided the codec of the
	// mount. Empty: each plays as it is, if it can.
	Codec string `toml:"codec"`
	// BitRate is what tracks that must be converted get, in kbit/s; 0: near their own.
	BitRate int `toml:"bitrate"`

	// set has the keys that were given, also those given as zero.
	set map[string]bool
}

// Order is the order in which tracks play.
type Order string

// The values of Order.
const (
	OrderShuffle  Order = "shuffle"  // every track once before any is repeated
	OrderSequence Order = "sequence" // as listed; the files of a folder by name
)

// MinRescan is the minimum of Files.Rescan, if it is not 0: a scan of a large library
// takes a noticeable part of a second.
const MinRescan = Duration(time.Second)

const defaultRescan = Duration(30 * time.Second)

// withDefaults returns a copy of f with the defaults for missing keys.
func (f Files) withDefaults() Files {
	f.Order = cmp.Or(f.Order, OrderShuffle)
	if !f.set["rescan"] {
		f.Rescan = cmp.Or(f.Rescan, defaultRescan)
	}
	f.Paths, f.Jingles, f.set = slices.Clone(f.Paths), slices.Clone(f.Jingles), nil
	return f
}

func (f *Files) remember(key string) {
	if f.set == nil {
		f.set = make(map[string]bool)
	}
	f.set[key] = true
}

func (f *Files) check(r *reader, p path) {
	checkMusic(r, p.key("paths"), f.Paths)
	checkMusic(r, p.key("jingles"), f.Jingles)
	if r.usable(p.key("order")) {
		oneOf(r, p.key("order"), string(f.Order), string(OrderShuffle), string(OrderSequence))
	}
	if f.Rescan != 0 && f.Rescan < MinRescan {
		r.fail(p.key("rescan"), "must be 0 (never) or at least %v", MinRescan)
	}
	atLeast(r, p.key("jingle_every"), f.JingleEvery, 0)
	checkCodec(r, p.key("codec"), f.Codec)
	if rate := p.key("bitrate"); f.BitRate != 0 && (f.BitRate < 8 || f.BitRate > 512) && !r.failed[rate.id] {
		r.fail(rate, "is not a bit rate in kbit/s: use 8 to 512 (0: near that of each file)")
	}
	switch every := p.key("jingle_every"); {
	case len(f.Jingles) > 0 && !r.given(every):
		r.fail(p.key("jingles"), "needs jingle_every: after how many tracks one is played")
	case len(f.Jingles) == 0 && f.JingleEvery > 0 && !r.failed[p.key("jingles").id]:
		r.fail(every, "needs jingles: the files or folders they are in")
	}
}

// checkMusic reports invalid paths, and makes the others relative to the folder of the
// configuration.
func checkMusic(r *reader, p path, music []string) {
	for i, name := range music {
		item := p.item(i)
		if name == "" && !r.failed[item.id] {
			r.fail(item, "must be the path of a file, a folder or a playlist")
		}
		music[i] = r.resolve(name)
	}
}
