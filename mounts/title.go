package mounts

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/icy"
)

// Title is the title of a song, in UTF-8.
type Title struct {
	Text string // "Artist - Title"
	URL  string // of the track or its cover; StreamUrl to listeners
}

// historyLength is how many titles a mount keeps.
const historyLength = 20

// Played is a title that was on the air.
type Played struct {
	Title
	Since time.Time

	play int64
}

// History returns the last titles that were on the air, oldest first, including the
// current one.
func (m *Mount) History() []Played {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.history)
}

// Coming is a track that a mount is about to play from disk.
type Coming struct {
	Title
	File   string // the shortest name that puts it into the queue
	Queued bool   // by an operator
}

// Unplayable is music of a mount that cannot be played.
type Unplayable struct {
	File   string // its name, or how many files there are of its kind
	Reason string // in words
}

// giveTitle sets a title that a source sends, under the lock of the registry. inStream
// means that it came within the stream.
func (in *Input) giveTitle(t Title, inStream bool) {
	m := in.Mount
	t = t.cut()
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	id := in.playOf(t.Text, inStream, now)
	switch {
	case t == in.title && id == in.play:
		in.late = nil
	case in.Kind > Relayed || in.pace.take(now): // the server's own titles have their own pace, even with short jingles
		in.setTitle(t, id)
	default:
		in.late = &lateTitle{t, id}
	}
}

// lateTitle is a title that came too soon after others, with the play that it begins.
type lateTitle struct {
	Title
	play int64
}

// setTitle sets a title whose time has come, and its play. m.mu is held.
func (in *Input) setTitle(t Title, play int64) {
	m := in.Mount
	in.takeOn(t, play)
	switch in.Kind {
	case LiveSource:
		m.say(zap.InfoLevel, "title", zap.String("title", t.Text))
	case Relayed: // it is in the upstream's log
		m.say(zap.DebugLevel, "title", zap.String("title", t.Text))
	}
	if m.onAir == in {
		m.announce()
	}
}

// takeOn sets a title and its play without reporting them. m.mu is held.
func (in *Input) takeOn(t Title, id int64) {
	in.title, in.play, in.late = t, id, nil
	if id != 0 && id != in.named.id {
		in.named = play{id, t.Text, time.Now()}
	}
}

// cut returns the part of a title that can be shown to listeners, without keeping the
// request alive that it came with. A long address is dropped, since a cut one would be
// another address.
func (t Title) cut() Title {
	if len(t.URL) > icy.MaxTitle {
		t.URL = ""
	}
	return Title{Text: strings.Clone(icy.CutText(t.Text, icy.MaxTitle)), URL: strings.Clone(t.URL)}
}

// announce reports the title of the input on the air and adds it to the history. m.mu
// is held.
func (m *Mount) announce() {
	in := m.onAir
	m.Stream.mark(in.Kind, in.title, in.play)
	defer m.registry.subscribers.tell(m.Name)
	now, listeners := time.Now(), m.Audience.Count()
	m.registry.tellPlay(Play{Mount: m.Name, ID: in.play, Title: in.title, Listeners: listeners, Since: now})
	if in.title.Text == "" || m.remembers(in.title.Text, in.play) {
		return
	}
	m.history = append(m.history, Played{in.title, now, in.play})
	if len(m.history) > historyLength {
		m.history = append(m.history[:0], m.history[1:]...)
	}
	m.registry.tellTitle(m.Name, listeners, in.title)
}

// remembers reports whether the last title in the history has this play, or continues
// over audio without a title of its own. m.mu is held.
func (m *Mount) remembers(text string, play int64) bool {
	if len(m.history) == 0 {
		return false
	}
	last := m.history[len(m.history)-1]
	return last.Text == text && (play == 0 || play == last.play)
}

// TitleMark ties a title to the place in the stream where its audio begins. Every input
// that takes the air makes one, even without a title.
type TitleMark struct {
	Title
	Play  int64  // the identity of the play, see Play.ID
	Kind  Kind   // of the input that plays it
	Block []byte // the ICY block that announces it; never changed

	offset int64
	next   atomic.Pointer[TitleMark]
}

func newTitleMark(offset int64, k Kind, t Title, play int64) *TitleMark {
	return &TitleMark{Title: t, Play: play, Kind: k, Block: icy.AppendBlock(nil, t.Text, t.URL), offset: offset}
}

// An input may set titleBurst titles at once, and then one each titleEvery. The burst
// is more than a person or a program with jingles needs; the pace limits the cost of a
// flood in memory, logs and history.
const (
	titleEvery = time.Second
	titleBurst = 30
)

// titlePace decides when a title may be set. The zero value has its whole burst.
type titlePace struct{ rested time.Time } // when the whole burst will be available again

// take reports whether a title may be set now, and counts it if so.
func (p *titlePace) take(now time.Time) bool {
	if p.rested.Sub(now) > (titleBurst-1)*titleEvery {
		return false
	}
	if p.rested.Before(now) {
		p.rested = now
	}
	p.rested = p.rested.Add(titleEvery)
	return true
}
