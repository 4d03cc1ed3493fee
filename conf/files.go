package conf

import (
	"cmp"
	"slices"
	"time"
)

// Files is [mount.files]: what plays from disk when nobody is live.
type Files struct {
	// Paths is files, folders and playlists.
	Paths []string `toml:"paths"`
	// Order is how they follow each other.
	Order Order `toml:"order"`
	// Rescan is how often it is looked for what has come and gone; 0: never.
	Rescan Duration `toml:"rescan"`
	// Jingles is files, folders and playlists too: one, in an order of their
	// own, after every JingleEvery tracks; 0: none.
	Jingles     []string `toml:"jingles"`
	JingleEvery int      `toml:"jingle_every"`

	// set has the keys that were given, for those given as zero.
	set map[string]bool
}

// Order is how music follows each other.
type Order string

// What an order may be.
const (
	OrderShuffle  Order = "shuffle"  // every track once before any comes again
	OrderSequence Order = "sequence" // as they are named, folders by the names in them
)

// MinRescan is the least Files.Rescan may be, if it is not 0: looking costs a
// large library a noticeable part of a second.
const MinRescan = Duration(time.Second)

const defaultRescan = Duration(30 * time.Second)

// withDefaults returns f, a copy, with what was not given.
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
	switch every := p.key("jingle_every"); {
	case len(f.Jingles) > 0 && !r.given(every):
		r.fail(p.key("jingles"), "needs jingle_every: after how many tracks one is played")
	case len(f.Jingles) == 0 && f.JingleEvery > 0 && !r.failed[p.key("jingles").id]:
		r.fail(every, "needs jingles: the files or folders they are in")
	}
}

// checkMusic reports paths that are none, and makes the others relative to the
// folder of the configuration.
func checkMusic(r *reader, p path, music []string) {
	for i, name := range music {
		item := p.item(i)
		if name == "" && !r.failed[item.id] {
			r.fail(item, "must be the path of a file, a folder or a playlist")
		}
		music[i] = r.resolve(name)
	}
}
