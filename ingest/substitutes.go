package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/crew"
	"relay/mounts"
)

// Substitutes plays what mounts are to play when nobody is live: the streams
// of other mounts, and silence. Files have a Player of their own.
type Substitutes struct {
	Registry *mounts.Registry
	Conf     *conf.Live
	Log      *zap.Logger
	Pace     time.Duration // how often another mount's stream is looked at

	mu      sync.Mutex
	changed map[string]replaced // by mount
	again   chan struct{}       // says that they were
}

// NewSubstitutes returns substitutes at rest; Run sets them to work.
func NewSubstitutes(registry *mounts.Registry, c *conf.Live, log *zap.Logger) *Substitutes {
	return &Substitutes{
		Registry: registry, Conf: c, Log: log,
		Pace:    time.Duration(c.Config().Limits.FlushInterval) / 2,
		changed: map[string]replaced{},
		again:   make(chan struct{}, 1),
	}
}

// replaced are the fallbacks that an operator put in place of those configured.
type replaced struct{ list, configured []string }

// A substitute is one input of a mount: the stream of another, or silence.
type substitute struct{ mount, from string }

// Run keeps a substitute going for every fallback of every mount that is
// declared or there, until ctx ends.
func (s *Substitutes) Run(ctx context.Context) {
	mountsChange, unwatchMounts := s.Registry.Watch()
	defer unwatchMounts()
	confChanges, unwatchConf := s.Conf.Watch()
	defer unwatchConf()
	crew.Run(ctx, s.wanted, s.play, mountsChange, confChanges, s.again)
}

// wanted lists what should be at work now.
func (s *Substitutes) wanted() (wanted []substitute) {
	c := s.Conf.Config()
	add := func(mount string, fallbacks []string) {
		for _, from := range fallbacks {
			if from != conf.FallbackFiles {
				wanted = append(wanted, substitute{mount, from})
			}
		}
		if c.Mount(mount).Silence {
			wanted = append(wanted, substitute{mount: mount})
		}
	}
	for _, m := range c.Mounts {
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
	if list, changed := s.inPlace()[mount]; changed {
		return list
	}
	return s.Conf.Config().Mount(mount).Fallbacks
}

// inPlace returns the fallbacks that were replaced, and forgets those whose
// mount has ended or has others configured by now. s.mu is held.
func (s *Substitutes) inPlace() map[string][]string {
	lists := map[string][]string{}
	for mount, r := range s.changed {
		if s.Registry.Find(mount) == nil || !slices.Equal(r.configured, s.Conf.Config().Mount(mount).Fallbacks) {
			delete(s.changed, mount)
			continue
		}
		lists[mount] = r.list
	}
	return lists
}

// idle reports whether a mount that nobody declared has neither source nor
// listeners: substitutes alone must not keep it.
func (s *Substitutes) idle(m *mounts.Mount) bool {
	if s.Conf.Config().Declares(m.Name) {
		return false
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
	lists := s.inPlace()
	lists[mount] = list
	if loop := s.Conf.Config().FallbackLoop(mount, lists); loop != nil {
		s.mu.Unlock()
		return fmt.Errorf("fallbacks would go in a circle: %s", strings.Join(loop, " → "))
	}
	s.changed[mount] = replaced{list, m.Config().Fallbacks}
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
