package ingest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/icy"
	"relay/library"
	"relay/mounts"
)

// AutoDJ plays the music of the mounts that have some, each by a Player of its
// own, and does what operators want of them.
type AutoDJ struct {
	players map[string]*Player // by mount
	rotas   map[string]*Rota   // those that play files
	runs    []func(context.Context)
	log     *zap.Logger
}

// NewAutoDJ returns an AutoDJ without music.
func NewAutoDJ(log *zap.Logger) *AutoDJ {
	return &AutoDJ{players: map[string]*Player{}, rotas: map[string]*Rota{}, log: log}
}

// Add gives a mount a player.
func (a *AutoDJ) Add(p *Player) { a.players[p.Mount] = p }

// AddFiles gives a mount a player of files.
func (a *AutoDJ) AddFiles(r *mounts.Registry, mount string, station icy.Station, f conf.Files) {
	listed := func(paths []string, shuffle bool) *library.Library {
		l := library.New(paths, shuffle, f.Rescan.Duration(), a.log)
		a.runs = append(a.runs, l.Run)
		return l
	}
	rota := &Rota{Library: listed(f.Paths, f.Order == conf.OrderShuffle), JingleEvery: f.JingleEvery}
	if len(f.Jingles) > 0 && f.JingleEvery > 0 {
		rota.Jingles = listed(f.Jingles, true)
	}
	a.rotas[mount] = rota
	p := NewPlayer(r, a.log, mount, station, rota.Next)
	p.Heard = rota.Heard
	a.Add(p)
}

// farewell is how long players may take to end, a disk that does not answer or not.
const farewell = 3 * time.Second

// Run plays until ctx ends.
func (a *AutoDJ) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, run := range a.runs {
		running.Go(func() { run(ctx) })
	}
	for _, p := range a.players {
		running.Go(func() {
			if err := p.Run(ctx); err != nil {
				a.log.Error("music stopped", zap.String("mount", p.Mount), zap.Error(err))
			}
		})
	}
	ended := make(chan struct{})
	go func() {
		running.Wait()
		close(ended)
	}()
	<-ctx.Done()
	select {
	case <-ended:
	case <-time.After(farewell):
	}
}

// Skip ends the track that a mount's player plays. The errors of all these are
// sentences for the operator.
func (a *AutoDJ) Skip(mount string) error {
	p := a.players[mount]
	if p == nil {
		return errNoMusic(mount)
	}
	return p.Skip()
}

// Queue lines up a file of a mount's music.
func (a *AutoDJ) Queue(mount, file string) error {
	r := a.rotas[mount]
	if r == nil {
		return errNoMusic(mount)
	}
	return r.Queue(file)
}

// Coming returns what is lined up for a mount, and what comes after that.
func (a *AutoDJ) Coming(mount string) ([]mounts.Coming, error) {
	r := a.rotas[mount]
	if r == nil {
		return nil, errNoMusic(mount)
	}
	return r.Coming(), nil
}

// ClearQueue forgets what is lined up for a mount.
func (a *AutoDJ) ClearQueue(mount string) error {
	r := a.rotas[mount]
	if r == nil {
		return errNoMusic(mount)
	}
	r.ClearQueue()
	return nil
}

func errNoMusic(mount string) error { return fmt.Errorf("%s has no music of its own", mount) }
