package ingest

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/icy"
	"relay/internal/logging"
	"relay/mounts"
)

const (
	// retryEmpty is the pause when there is nothing to play, or when as many
	// tracks as mostBroken in a row could not be played.
	retryEmpty = 5 * time.Second
	mostBroken = 20
)

var (
	// errSkipped ends a track that somebody wants no more of.
	errSkipped = errors.New("ended by the operator")

	errNothingPlays = errors.New("nothing is playing")
)

// Player plays tracks into a mount in real time, for ever, whenever no live
// source is there.
type Player struct {
	Registry *mounts.Registry
	Log      *zap.Logger
	Mount    string
	Station  icy.Station
	Next     func() (Track, bool) // what comes next; false: nothing now
	Heard    func(Track)          // told of every track of which something was heard; nil: nobody is

	mu   sync.Mutex
	skip context.CancelCauseFunc // ends the track that is playing; nil: none is
}

// NewPlayer returns a player at rest; Run sets it to work.
func NewPlayer(r *mounts.Registry, log *zap.Logger, mount string, station icy.Station, next func() (Track, bool)) *Player {
	return &Player{Registry: r, Log: log, Mount: mount, Station: station, Next: next}
}

// Skip ends the track that is playing, at a frame. The error says that none is.
func (p *Player) Skip() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.skip == nil {
		return errNothingPlays
	}
	p.skip(errSkipped)
	return nil
}

// Run plays until ctx ends or the mount lets the player go.
func (p *Player) Run(ctx context.Context) error {
	in, err := p.Registry.Attach(p.Mount, mounts.Feed{Kind: mounts.Files, Station: p.Station})
	if err != nil {
		return err
	}
	defer in.Detach()
	deck := &deck{in: in, slots: make(chan struct{}, mostTapes)}
	for broken := 0; ; {
		track, ok := p.Next()
		if ok {
			n, err := p.play(ctx, deck, track)
			switch {
			case ctx.Err() != nil || isClosed(in.Ended()):
				return nil
			case n > 0 || errors.Is(err, errSkipped):
				broken = 0
			default:
				broken++
			}
			p.tell(track, n, err, broken)
			if errors.Is(err, errNoAnswer) {
				deck.pause()
			}
		}
		if !ok || broken > 0 && broken%mostBroken == 0 {
			deck.pause()
			select {
			case <-time.After(retryEmpty):
			case <-ctx.Done():
				return nil
			}
		}
	}
}

// play plays one track, which Skip can end.
func (p *Player) play(ctx context.Context, deck *deck, track Track) (played int, err error) {
	ctx, skip := context.WithCancelCause(ctx)
	defer skip(nil)
	p.setSkip(skip)
	func() {
		defer contain(p.Log, &err)
		played, err = deck.play(ctx, track)
	}()
	p.setSkip(nil)
	if played > 0 && p.Heard != nil {
		p.Heard(track)
	}
	return played, err
}

func (p *Player) setSkip(skip context.CancelCauseFunc) {
	p.mu.Lock()
	p.skip = skip
	p.mu.Unlock()
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// tell logs what became of a track that did not play to its end. A folder full
// of what cannot be played does not fill the log as well.
func (p *Player) tell(track Track, played int, err error, broken int) {
	about := []zap.Field{zap.String("mount", p.Mount), zap.Stringer("track", track), logging.LimitPer(p.Mount)}
	switch {
	case errors.Is(err, errSkipped):
		p.Log.Info("track ended by the operator", about...)
	case err == nil && played > 0 || broken > mostBroken:
	case broken == mostBroken:
		p.Log.Warn("one track after the other cannot be played; the next ones are not named", about...)
	case err == nil:
		p.Log.Warn("track skipped: it holds no MP3 frame", about...)
	case played > 0:
		p.Log.Warn("track broken off", append(about, zap.Error(err))...)
	default:
		p.Log.Warn("track skipped", append(about, zap.Error(err))...)
	}
}
