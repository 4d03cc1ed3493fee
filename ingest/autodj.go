package ingest

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/crew"
	"relay/icy"
	"relay/internal/logging"
	"relay/library"
	"relay/mounts"
)

// Music is what one mount plays from disk or, in place of files, one track
// again and again.
type Music struct {
	Mount   string
	Station icy.Station
	Files   conf.Files
	Track   Track // nil: Files
}

// AutoDJ plays the music of the mounts that have some, each by a Player of its
// own, and does what operators want of them.
type AutoDJ struct {
	registry *mounts.Registry
	log      *zap.Logger
	changed  chan struct{} // says that others are to play

	mu      sync.Mutex
	playing map[string]*programme // by mount
}

// programme is the music of a mount with those who play it.
type programme struct {
	Music
	player *Player
	rota   *Rota // nil: no files
	runs   []func(context.Context)
}

// NewAutoDJ returns an AutoDJ without music.
func NewAutoDJ(r *mounts.Registry, log *zap.Logger) *AutoDJ {
	return &AutoDJ{registry: r, log: log, changed: make(chan struct{}, 1), playing: map[string]*programme{}}
}

// Play says what is to be played from now on. Mounts whose music is the same
// go on undisturbed; where it has changed, the new music takes the place of
// the old at a frame.
func (a *AutoDJ) Play(all []Music) {
	a.mu.Lock()
	defer a.mu.Unlock()
	playing := map[string]*programme{}
	for _, m := range all {
		if old := a.playing[m.Mount]; old != nil && reflect.DeepEqual(old.Music, m) {
			playing[m.Mount] = old
			continue
		}
		playing[m.Mount] = a.newProgramme(m)
	}
	a.playing = playing
	select {
	case a.changed <- struct{}{}:
	default:
	}
}

func (a *AutoDJ) newProgramme(m Music) *programme {
	p := &programme{Music: m}
	if m.Track != nil {
		p.player = NewPlayer(a.registry, a.log, m.Mount, m.Station, func() (Track, bool) { return m.Track, true })
		return p
	}
	listed := func(paths []string, shuffle bool) *library.Library {
		l := library.New(paths, shuffle, m.Files.Rescan.Duration(), a.log)
		p.runs = append(p.runs, l.Run)
		return l
	}
	p.rota = &Rota{Library: listed(m.Files.Paths, m.Files.Order == conf.OrderShuffle), JingleEvery: m.Files.JingleEvery,
		Charset: func() string { return a.registry.Charset(m.Mount) }}
	if len(m.Files.Jingles) > 0 && m.Files.JingleEvery > 0 {
		p.rota.Jingles = listed(m.Files.Jingles, true)
	}
	p.player = NewPlayer(a.registry, a.log, m.Mount, m.Station, p.rota.Next)
	p.player.Heard = p.rota.Heard
	return p
}

// farewell is how long players may take to end, a disk that does not answer or not.
const farewell = 3 * time.Second

// Run plays until ctx ends.
func (a *AutoDJ) Run(ctx context.Context) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		crew.Run(ctx, a.wanted, a.play, a.changed)
	}()
	<-ctx.Done()
	select {
	case <-ended:
	case <-time.After(farewell):
	}
}

func (a *AutoDJ) wanted() []*programme {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Collect(maps.Values(a.playing))
}

// play plays a programme until ctx ends, even if its mount lets it go before.
func (a *AutoDJ) play(ctx context.Context, p *programme) {
	var running sync.WaitGroup
	for _, run := range p.runs {
		running.Go(func() { run(ctx) })
	}
	if err := p.player.Run(ctx); err != nil {
		a.log.Error("music stopped", zap.String("mount", p.Mount), zap.Error(err), logging.LimitPer(p.Mount))
	}
	<-ctx.Done()
	running.Wait()
}

// of returns the programme of a mount, or one without anybody to play it.
func (a *AutoDJ) of(mount string) *programme {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.playing[mount]; p != nil {
		return p
	}
	return &programme{}
}

// Skip ends the track that a mount's player plays. The errors of all these are
// sentences for the operator.
func (a *AutoDJ) Skip(mount string) error {
	p := a.of(mount).player
	if p == nil {
		return errNoMusic(mount)
	}
	return p.Skip()
}

// Queue lines up a file of a mount's music.
func (a *AutoDJ) Queue(mount, file string) error {
	r := a.of(mount).rota
	if r == nil {
		return errNoMusic(mount)
	}
	return r.Queue(file)
}

// Coming returns what is lined up for a mount, and what comes after that.
func (a *AutoDJ) Coming(mount string) ([]mounts.Coming, error) {
	r := a.of(mount).rota
	if r == nil {
		return nil, errNoMusic(mount)
	}
	return r.Coming(), nil
}

// ClearQueue forgets what is lined up for a mount.
func (a *AutoDJ) ClearQueue(mount string) error {
	r := a.of(mount).rota
	if r == nil {
		return errNoMusic(mount)
	}
	r.ClearQueue()
	return nil
}

func errNoMusic(mount string) error { return fmt.Errorf("%s has no music of its own", mount) }
