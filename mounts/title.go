package mounts

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/icy"
)

// Title is what is being played, in UTF-8.
type Title struct {
	Text string // "Artist - Title"
	URL  string // of the track or its cover; StreamUrl to listeners
}

// historyLength is how many titles a mount remembers.
const historyLength = 20

// Played is a title that was on the air.
type Played struct {
	Title
	Since time.Time
}

// History returns the last titles that were on the air, oldest first. The one
// that is on the air now is among them.
func (m *Mount) History() []Played {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.history)
}

// Coming is a track that a mount is about to play from disk.
type Coming struct {
	Title
	File   string // the shortest name that lines it up
	Queued bool   // by an operator
}

// SetTitle sets what the input plays from here on. It reaches listeners with
// the next frame, or when the input comes on the air. Of titles that a source or
// another server sends too fast the last one is set, with the first frame after its
// time has come.
func (in *Input) SetTitle(t Title) {
	defer in.Mount.registry.held.Write()
	in.giveTitle(t)
}

// giveTitle is SetTitle under the lock of the registry.
func (in *Input) giveTitle(t Title) {
	m := in.Mount
	t = t.cut()
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case t == in.title:
		in.late = nil
	case in.Kind > Relayed || in.pace.take(time.Now()): // what is ours has its own pace, of short jingles too
		in.setTitle(t)
	default:
		in.late = &t
	}
}

// setTitle sets a title whose time has come. m.mu is held.
func (in *Input) setTitle(t Title) {
	m := in.Mount
	in.title, in.late = t, nil
	if in.Kind <= Relayed {
		m.say(zap.InfoLevel, "title", zap.String("title", t.Text))
	}
	if m.onAir == in {
		m.announce(t)
	}
}

// cut returns what of a title can be shown to listeners, and holds no more of
// the request it came with. An address that is cut would be another one.
func (t Title) cut() Title {
	if len(t.URL) > icy.LongestTitle {
		t.URL = ""
	}
	return Title{Text: strings.Clone(icy.CutText(t.Text, icy.LongestTitle)), URL: strings.Clone(t.URL)}
}

// announce puts a title of the input on the air there and remembers it. m.mu is
// held.
func (m *Mount) announce(t Title) {
	m.Stream.mark(m.onAir.Kind, t)
	defer m.registry.following.tell(m.Name)
	if t.Text == "" || len(m.history) > 0 && m.history[len(m.history)-1].Text == t.Text {
		return // the same again, after a bridged gap
	}
	m.history = append(m.history, Played{t, time.Now()})
	if len(m.history) > historyLength {
		m.history = append(m.history[:0], m.history[1:]...)
	}
	m.registry.titleOnAir(m.Name, m.Audience.Count(), t)
}

// TitleMark ties a title to the place in the stream where its sound begins.
// Every input that takes the air makes one, whatever its title.
type TitleMark struct {
	Title
	Kind  Kind   // of the input that plays it
	Block []byte // the ICY block that announces it; never changed

	offset int64
	next   atomic.Pointer[TitleMark]
}

func newTitleMark(offset int64, k Kind, t Title) *TitleMark {
	return &TitleMark{Title: t, Kind: k, Block: icy.AppendBlock(nil, t.Text, t.URL), offset: offset}
}
