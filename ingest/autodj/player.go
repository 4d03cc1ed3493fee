package autodj

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/icy"
	"relay/internal/contain"
	"relay/internal/logging"
	"relay/mounts"
)

const (
	// retryEmpty is the pause when there is nothing to play, or after maxBroken
	// tracks in a row that cannot be played.
	retryEmpty = 5 * time.Second
	maxBroken  = 20

	// maxRest is the longest pause between two attempts when no track can be played.
	maxRest = 30 * time.Second
)

var (
	// errSkipped ends a track that an operator has skipped.
	errSkipped = errors.New("ended by the operator")

	errNothingPlays = errors.New("nothing is playing")
)

// Player plays tracks into a mount in real time, without end, whenever no live source
// is on the air.
type Player struct {
	Registry *mounts.Registry
	Log      *zap.Logger
	Mount    string
	Station  icy.Station
	Spare    bool                 // see mounts.Feed
	Next     func() (Track, bool) // returns the next track; false: there is none now
	Changed  <-chan struct{}      // gets a value when there may be more tracks; nil: never
	Heard    func(Track)          // called with each track when its first unit was played; may be nil
	Failed   func(Track, error)   // called with each track of which nothing could be played; may be nil

	// Converter brings tracks to the format of the mount.
	Converter Converter

	mu   sync.Mutex
	skip context.CancelCauseFunc // ends the current track; nil: there is none
}

// NewPlayer returns a player that does nothing until Run is called.
func NewPlayer(r *mounts.Registry, log *zap.Logger, mount string, station icy.Station, next func() (Track, bool)) *Player {
	return &Player{Registry: r, Log: log, Mount: mount, Station: station, Next: next, Converter: asItIs{}}
}

// Skip ends the current track at a unit. The error is errNothingPlays.
func (p *Player) Skip() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.skip == nil {
		return errNothingPlays
	}
	p.skip(errSkipped)
	return nil
}

// Run plays until ctx is done or the mount ends the input.
func (p *Player) Run(ctx context.Context) error {
	in, err := p.Registry.Attach(p.Mount, mounts.Feed{Kind: mounts.Files, Station: p.Station, Spare: p.Spare})
	if err != nil {
		return err
	}
	defer in.Detach()
	tracks := newTrackPlayer(in, p.Converter, p.Next)
	defer tracks.stop()
	tracks.untagged = func(track Track, err error) {
		p.Log.Warn("the title in the tags of a track cannot be read", append(p.about(track), zap.Error(err))...)
	}
	tracks.began = func(track Track) {
		if p.Heard != nil {
			p.Heard(track)
		}
	}
	var broken trouble
	for {
		rest := retryEmpty
		if track, ok := tracks.chosen(); ok {
			n, err := p.play(ctx, tracks, track)
			switch {
			case ctx.Err() != nil || isClosed(in.Ended()):
				return nil
			case n > 0 || errors.Is(err, errSkipped):
				broken, rest = trouble{}, 0
			default:
				rest = broken.add(track)
				if p.Failed != nil && err != nil {
					p.Failed(track, err)
				}
			}
			p.tell(track, n, err, &broken)
			if errors.Is(err, errNoAnswer) {
				tracks.pacer.Pause()
			}
		}
		if rest > 0 {
			tracks.pacer.Pause()
			select {
			case <-time.After(rest):
			case <-p.Changed:
				broken = trouble{}
			case <-ctx.Done():
				return nil
			}
		}
	}
}

// play plays one track, which Skip can end.
func (p *Player) play(ctx context.Context, tracks *trackPlayer, track Track) (played int, err error) {
	ctx, skip := context.WithCancelCause(ctx)
	defer skip(nil)
	p.setSkip(skip)
	func() {
		defer contain.Error(p.Log, &err)
		played, err = tracks.play(ctx, track)
	}()
	p.setSkip(nil)
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

// tell logs why a track did not play to its end. A folder full of unplayable files
// does not fill the log.
func (p *Player) tell(track Track, played int, err error, broken *trouble) {
	about := p.about(track)
	switch {
	case errors.Is(err, errSkipped):
		p.Log.Info("track ended by the operator", about...)
	case played > 0 && err == nil:
	case played > 0:
		p.Log.Warn("track ended early", append(about, zap.Error(err))...)
	case broken.again == 1:
		p.Log.Warn("no track can be played: trying again at longer intervals", zap.String("mount", p.Mount), logging.LimitPer(p.Mount))
	case broken.inRow == maxBroken && broken.again == 0:
		p.Log.Warn("several tracks in a row cannot be played: further ones are not logged", about...)
	case !broken.isNew(track):
	default:
		p.Log.Warn("track skipped: it cannot be played", append(about, zap.Error(err))...)
	}
}

// about returns the log fields of a track.
func (p *Player) about(track Track) []zap.Field {
	return []zap.Field{zap.String("mount", p.Mount), zap.Stringer("track", track), logging.LimitPer(p.Mount)}
}
