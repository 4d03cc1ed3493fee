package conf

import (
	"cmp"
	"time"
)

// Files is [mount.files]: what plays from disk when nobody is live.
type Files struct {
	// Paths is files, folders and playlists.
	Paths []string `toml:"paths"`
	// Order is that of the tracks.
	Order Order `toml:"order"`
	// Rescan is how often it is looked for what has come and gone.
	Rescan Duration `toml:"rescan"`
	// Jingles is files, folders and playlists of which one is played after
	// every JingleEvery tracks; 0: none are.
	Jingles     []string `toml:"jingles"`
	JingleEvery int      `toml:"jingle_every"`
}

// Order is that in which tracks are played.
type Order string

// What an order may be.
const (
	OrderShuffle  Order = "shuffle"  // each comes once before any comes again
	OrderSequence Order = "sequence" // as they are listed
)

// withDefaults fills in what was left out.
func (f Files) withDefaults() Files {
	f.Order = cmp.Or(f.Order, OrderShuffle)
	f.Rescan = cmp.Or(f.Rescan, Duration(30*time.Second))
	return f
}

func (f *Files) check(r *reader, p path) {
	checkPaths := func(list []string, at path) {
		for i, name := range list {
			item := at.item(i)
			if name == "" && !r.failed[item.id] {
				r.fail(item, "must be the path of a file, a folder or a playlist")
			}
			list[i] = r.resolve(name)
		}
	}
	checkPaths(f.Paths, p.key("paths"))
	checkPaths(f.Jingles, p.key("jingles"))
	if r.usable(p.key("order")) {
		oneOf(r, p.key("order"), string(f.Order), string(OrderShuffle), string(OrderSequence))
	}
	if r.given(p.key("rescan")) {
		atLeast(r, p.key("rescan"), f.Rescan, Duration(time.Second))
	}
	atLeast(r, p.key("jingle_every"), f.JingleEvery, 0)
	if f.JingleEvery > 0 && len(f.Jingles) == 0 {
		r.fail(p.key("jingle_every"), "needs jingles to play")
	}
}
