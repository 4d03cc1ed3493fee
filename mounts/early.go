package mounts

import "time"

// Titles that come before their source are kept for earlyFor, for at most earlyMax
// mounts: libshout sends the first title after the login, without waiting for the mount
// (e2e/recorded/source-libshout-icy.txt).
const (
	earlyFor = 10 * time.Second
	earlyMax = 100
)

// earlyTitle is a title whose source has not connected yet.
type earlyTitle struct {
	Title
	until time.Time
}

// SetTitle sets the title of a mount's source. If there are several sources, it is the
// one with the login of user, otherwise the first. If there is none, the title is kept
// for a source that connects within moments. The result reports whether the title was
// set or kept: false means that too many are waiting, or that no mount can have this
// name.
func (r *Registry) SetTitle(name, user string, t Title) bool {
	if m := r.Find(name); m != nil {
		if source := m.SourceOf(user); source != nil {
			source.SetTitle(t)
			return true
		}
	}
	if checkName(name) != nil {
		return false
	}
	defer r.held.Write()
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.mounts[name]; m != nil {
		if source := m.SourceOf(user); source != nil { // it has connected meanwhile
			source.giveTitle(t, false)
			return true
		}
	}
	now := time.Now()
	for name, early := range r.early {
		if now.After(early.until) {
			delete(r.early, name)
		}
	}
	if _, waiting := r.early[name]; !waiting && len(r.early) >= earlyMax {
		return false
	}
	r.early[name] = earlyTitle{t, now.Add(earlyFor)}
	return true
}

// takeEarlyTitle gives a live source the title that came before it. r.mu is held.
func (r *Registry) takeEarlyTitle(in *Input) {
	early, found := r.early[in.Mount.Name]
	if !found {
		return
	}
	delete(r.early, in.Mount.Name)
	if !time.Now().After(early.until) {
		in.giveTitle(early.Title, false)
	}
}
