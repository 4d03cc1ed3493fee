package mounts

import (
	"math"
	"math/rand/v2"
	"time"
)

// songChange distinguishes a new song from a repeat. A request that sets the same title
// again begins another play if the source last sent that title that long ago. Programs
// and scripts that repeat a title on their own do so every few seconds, and hardly any
// song is shorter than this.
const songChange = 30 * time.Second

// Play is a title on the air. It lasts until the next Play of the mount, or until the
// Airtime in which it began ends.
type Play struct {
	Mount string
	// ID identifies the play: it is the same on every mount with the same programme,
	// and when the play goes on after another input; 0: the audio from here on has no
	// known title.
	ID int64
	Title
	Listeners int // at that moment
	Since     time.Time
}

// play is one playing of a title, recorded where it begins.
type play struct {
	id   int64 // 0: none
	text string
	sent time.Time // when the source last sent the title
}

// newPlay returns a new ID, unique on this server and in the history of its mounts.
func newPlay() int64 { return 1 + rand.Int64N(math.MaxInt64) }

// SetTitle sets the title of the input, on request. It reaches listeners with the next
// unit, or when the input takes the air. If a source or another server sends titles
// too fast, only the last one is set, with the first unit after its time has come. The
// same title again begins another play after songChange.
func (in *Input) SetTitle(t Title) {
	in.after(func() {
		defer in.Mount.registry.held.Write()
		in.giveTitle(t, false)
	})
}

// StreamTitle is SetTitle for a title within the stream. The same title again does not
// begin another play: it is repeated only by a new connection.
func (in *Input) StreamTitle(t Title) {
	in.after(func() {
		defer in.Mount.registry.held.Write()
		in.giveTitle(t, true)
	})
}

// BeginTrack begins a track of the server's own, which is always a new play. A track
// without a title keeps the title of the one before it, whose play ends.
func (in *Input) BeginTrack(t Title) {
	m := in.Mount
	defer m.registry.held.Write()
	t = t.cut()
	m.mu.Lock()
	defer m.mu.Unlock()
	if t == (Title{}) {
		in.setTitle(in.title, 0)
		return
	}
	in.setTitle(t, in.begins(t.Text))
}

// CarryTitle sets the title and the play of the stream that the input carries on.
func (in *Input) CarryTitle(mark *TitleMark) {
	in.after(func() { in.carryTitle(mark) })
}

func (in *Input) carryTitle(mark *TitleMark) {
	m := in.Mount
	defer m.registry.held.Write()
	m.mu.Lock()
	defer m.mu.Unlock()
	if mark.Title != in.title || mark.Play != in.play {
		in.setTitle(mark.Title, mark.Play)
	}
}

// Reconnected means that the stream of a relay begins again. After a break longer than
// the grace, it keeps its title but the play is over: when the title is sent again, it
// is another play.
func (in *Input) Reconnected() {
	in.Mount.mu.Lock()
	defer in.Mount.mu.Unlock()
	in.expectRepeat(time.Now())
	if !in.playing && time.Since(in.audioAt) > time.Duration(in.Mount.Config().Grace) {
		in.takeOn(in.title, 0)
	}
}

// begins returns the ID of the play that a title begins. m.mu is held.
func (in *Input) begins(text string) int64 {
	if text == "" {
		return 0
	}
	return newPlay()
}

// playOf returns the ID of the play that a title begins or continues. inStream means
// that the title came within the stream. m.mu is held.
func (in *Input) playOf(text string, inStream bool, now time.Time) int64 {
	if text == "" && inStream && in.title.Text != "" {
		in.named.sent = now // it was playing until now
	}
	if text == "" || text != in.named.text {
		return in.begins(text)
	}
	if goesOn := inStream && in.play != 0 && in.title.Text == text; !goesOn && now.Sub(in.named.sent) >= songChange {
		return newPlay()
	}
	in.named.sent = now
	return in.named.id
}
