package autodj

import (
	"context"
	"slices"
	"time"

	"relay/codec/known"
	"relay/ingest/feed"
	"relay/mounts"
)

// A trackPlayer plays tracks into an input, one after the other. It opens the next one
// before the current one ends, so that the disk and a conversion have time.
type trackPlayer struct {
	in        *mounts.Input
	pacer     *feed.Pacer
	converter Converter
	slots     chan struct{}        // of readAheads
	choose    func() (Track, bool) // returns the next track; false: there is none now
	next      []*readAhead         // to be played in this order; all but the last have failed
	foreseen  bool                 // it was time to choose next

	began    func(Track)        // called when the first unit of a track was played
	untagged func(Track, error) // called with the reason if the title in the tags of a track is not known
}

func newTrackPlayer(in *mounts.Input, converter Converter, choose func() (Track, bool)) *trackPlayer {
	return &trackPlayer{in: in, pacer: feed.NewPacer(in), converter: converter, slots: make(chan struct{}, maxReadAheads), choose: choose}
}

// chosen returns the track to play next; false: there is none now.
func (p *trackPlayer) chosen() (Track, bool) {
	if len(p.next) > 0 {
		return p.next[0].track, true
	}
	return p.choose()
}

const (
	// openAhead is how much of a track is left when the next one is chosen and opened.
	openAhead = 3 * time.Second

	// maxForeseen is how many tracks are chosen ahead if all but the last have failed.
	maxForeseen = 10
)

// foresee chooses the next track and begins to read it if the current one is about to
// end, unless disks that do not answer have taken all slots. If that track fails at once,
// the one after it is chosen too: it may take as long to open. played is how much of the
// current track was played, in bytes.
func (p *trackPlayer) foresee(current *readAhead, played int64, bitRate int) {
	switch n := len(p.next); {
	case p.foreseen && (n == 0 || n == maxForeseen || !p.next[n-1].failed.Load()):
		return
	case !p.foreseen && (!current.isRead.Load() || lasting(current.size.Load()-played, bitRate) > openAhead):
		return
	}
	p.foreseen = true
	select {
	case p.slots <- struct{}{}:
	default:
		return
	}
	if track, ok := p.choose(); ok {
		p.next = append(p.next, p.reading().start(track))
	} else {
		<-p.slots
	}
}

// reading says how tracks are read now.
func (p *trackPlayer) reading() loading {
	m := p.in.Mount
	to, files := m.Format(), m.Config().Files
	if to.Codec == nil {
		to.Codec = known.ByKey(files.Codec)
	}
	return loading{m.Config().Charset, to, files.BitRate, p.converter, p.slots}
}

// open begins to read a track, unless foresee has.
func (p *trackPlayer) open(ctx context.Context, track Track) (*readAhead, error) {
	p.foreseen = false
	if len(p.next) > 0 {
		next := p.next[0]
		p.next = slices.Delete(p.next, 0, 1)
		return next, nil
	}
	return load(ctx, track, p.reading())
}

// stop forgets the tracks that were to be played next.
func (p *trackPlayer) stop() {
	for _, next := range p.next {
		next.stop()
	}
	p.next = nil
}

// play plays the chosen track and returns how many units it had; if it had none, the
// error says what the file is instead. While another input is on the air it waits, and
// then continues where it was.
func (p *trackPlayer) play(ctx context.Context, track Track) (played int, err error) {
	ahead, err := p.open(ctx, track)
	if err != nil {
		return 0, err
	}
	defer ahead.stop()
	framer := known.NewFramer()
	var title mounts.Title
	var sample known.Sample
	var units int64 // bytes
	var length time.Duration
	var cover *mounts.Cover
	for {
		next, err := ahead.next(ctx)
		if err != nil {
			return played, err
		}
		if next.title != (mounts.Title{}) {
			title, cover = next.title, next.cover
		}
		if next.untagged != nil {
			p.untagged(track, next.untagged)
		}
		framer.Write(next.data)
		if next.err != nil {
			framer.Finish()
		}
		for u, ok := framer.Next(); ok; u, ok = framer.Next() {
			u.Tags = nil // the title is that of the file's tags
			if played == 0 {
				if err := p.pacer.Ready(ctx, u.Format); err != nil {
					return 0, err
				}
				if title != (mounts.Title{}) { // a track without a title keeps the title before it, and its cover
					p.in.SetCover(cover)
				}
				p.in.BeginTrack(title)
			}
			if err := p.pacer.Play(ctx, u); err != nil {
				return played, err
			}
			if played++; played == 1 {
				p.began(track)
			}
			units += int64(len(u.Data))
			length += u.Length
			skipped := framer.Stats()
			p.foresee(ahead, units+skipped.Tags+skipped.Garbage, max(1, int(float64(units)*8/length.Seconds())))
		}
		if played == 0 {
			sample.Add(next.data, framer.Stats())
		}
		switch {
		case next.done() && played == 0:
			return 0, sample.Err(framer.Err())
		case next.done():
			return played, nil
		case next.err != nil:
			return played, next.err
		}
	}
}

// lasting returns how long audio of a bit rate (bit/s) plays.
func lasting(bytes int64, bitRate int) time.Duration {
	return time.Duration(bytes) * 8 * time.Second / time.Duration(bitRate)
}
