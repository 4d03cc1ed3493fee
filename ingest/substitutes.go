package ingest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/mounts"
)

// Substitutes plays what mounts are to play when nobody is live: the streams
// of other mounts, and silence. Files have a Player of their own.
type Substitutes struct {
	Registry *mounts.Registry
	Conf     *conf.Config
	Log      *zap.Logger
	Pace     time.Duration // how often another mount's stream is looked at

	mu      sync.Mutex
	changed map[string][]string // fallbacks that were replaced, by mount
	again   chan struct{}       // says that they were
}

// NewSubstitutes returns substitutes at rest; Run sets them to work.
func NewSubstitutes(registry *mounts.Registry, c *conf.Config, log *zap.Logger) *Substitutes {
	return &Substitutes{
		Registry: registry, Conf: c, Log: log,
		Pace:    time.Duration(c.Limits.FlushInterval) / 2,
		changed: map[string][]string{},
		again:   make(chan struct{}, 1),
	}
}

// A substitute is one input of a mount: the stream of another, or silence.
type substitute struct{ mount, from string }

// Run keeps a substitute going for every fallback of every mount that is
// declared or there, until ctx ends.
func (s *Substitutes) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	changes, unwatch := s.Registry.Watch()
	defer unwatch()
	ended := make(chan substitute)
	stop := map[substitute]context.CancelFunc{}
	for {
		wanted := s.wanted()
		for one := range wanted {
			if stop[one] != nil {
				continue
			}
			playing, cancel := context.WithCancel(ctx)
			stop[one] = cancel
			running.Go(func() {
				s.play(playing, one)
				cancel()
				select {
				case ended <- one:
				case <-ctx.Done():
				}
			})
		}
		for one, cancel := range stop {
			if !wanted[one] {
				cancel()
			}
		}
		select {
		case one := <-ended:
			delete(stop, one)
		case <-changes:
		case <-s.again:
		case <-ctx.Done():
			return
		}
	}
}

// wanted lists what should be at work now.
func (s *Substitutes) wanted() map[substitute]bool {
	wanted := map[substitute]bool{}
	add := func(mount string, fallbacks []string) {
		for _, from := range fallbacks {
			if from != conf.FallbackFiles {
				wanted[substitute{mount, from}] = true
			}
		}
		if s.Conf.Mount(mount).Silence {
			wanted[substitute{mount: mount}] = true
		}
	}
	for _, m := range s.Conf.Mounts {
		if !m.IsPattern() {
			add(m.Name, s.fallbacks(m.Name))
		}
	}
	for _, m := range s.Registry.List() {
		if !s.idle(m) {
			add(m.Name, m.Fallbacks())
		}
	}
	return wanted
}

// fallbacks returns those of a mount that is declared: the configured ones, or
// what has replaced them since it came.
func (s *Substitutes) fallbacks(mount string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if list, changed := s.changed[mount]; changed {
		if s.Registry.Find(mount) != nil {
			return list
		}
		delete(s.changed, mount)
	}
	return s.Conf.Mount(mount).Fallbacks
}

// idle reports whether a mount that nobody declared has neither source nor
// listeners: substitutes alone must not keep it.
func (s *Substitutes) idle(m *mounts.Mount) bool {
	for i := range s.Conf.Mounts {
		if s.Conf.Mounts[i].Name == m.Name {
			return false
		}
	}
	return m.Source() == nil && m.Audience.Count() == 0
}

// Set replaces the fallbacks of a mount that is there, until it ends or the
// server does. The error is a sentence for the operator.
func (s *Substitutes) Set(mount string, list []string) error {
	m := s.Registry.Find(mount)
	if m == nil {
		return fmt.Errorf("there is no mount %s", mount)
	}
	s.mu.Lock()
	before, had := s.changed[mount]
	s.changed[mount] = list
	if loop := s.Conf.FallbackLoop(mount, s.changed); loop != nil {
		delete(s.changed, mount)
		if had {
			s.changed[mount] = before
		}
		s.mu.Unlock()
		return fmt.Errorf("fallbacks would go in a circle: %s", strings.Join(loop, " → "))
	}
	s.mu.Unlock()
	m.SetFallbacks(list)
	select {
	case s.again <- struct{}{}:
	default:
	}
	return nil
}

func (s *Substitutes) play(ctx context.Context, one substitute) {
	if one.from == "" {
		s.playSilence(ctx, one.mount)
	} else {
		s.playStream(ctx, one)
	}
}
