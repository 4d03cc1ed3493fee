package feed

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/crew"
	"relay/mounts"
)

// Fallbacks plays on mounts without a live source: the streams of other mounts, and
// silence. Files have an autodj.Player of their own.
type Fallbacks struct {
	Registry *mounts.Registry
	Conf     *conf.Live
	Log      *zap.Logger
	Pace     time.Duration // how often another mount's stream is checked for new units

	mu      sync.Mutex
	changed map[string]replaced // by mount
	again   chan struct{}       // signalled when changed was changed
}

// NewFallbacks returns fallbacks that do nothing until Run is called.
func NewFallbacks(registry *mounts.Registry, c *conf.Live, log *zap.Logger) *Fallbacks {
	return &Fallbacks{
		Registry: registry, Conf: c, Log: log,
		Pace:    time.Duration(c.Config().Limits.FlushInterval) / 2,
		changed: map[string]replaced{},
		again:   make(chan struct{}, 1),
	}
}

// replaced is a list of fallbacks that an operator has set in place of the configured
// ones.
type replaced struct{ list, configured []string }

// A standIn is one input that plays in place of a source: the stream of another mount, or silence.
type standIn struct{ mount, from string }

// Run plays a stand-in for every fallback of every mount that is declared or
// exists, until ctx is done.
func (s *Fallbacks) Run(ctx context.Context) {
	mountsChange, unwatchMounts := s.Registry.Watch()
	defer unwatchMounts()
	confChanges, unwatchConf := s.Conf.Watch()
	defer unwatchConf()
	crew.Run(ctx, s.wanted, s.play, mountsChange, confChanges, s.again)
}

// wanted lists the stand-ins that should run now.
func (s *Fallbacks) wanted() (wanted []standIn) {
	c := s.Conf.Config()
	add := func(mount string, fallbacks []string) {
		for _, from := range fallbacks {
			if from != conf.FallbackFiles {
				wanted = append(wanted, standIn{mount, from})
			}
		}
		if c.Mount(mount).Silence {
			wanted = append(wanted, standIn{mount: mount})
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

// fallbacks returns those of a mount: the configured ones, or the list that has
// replaced them since the mount began.
func (s *Fallbacks) fallbacks(mount string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if list, changed := s.inPlace()[mount]; changed {
		return list
	}
	return s.Conf.Config().Mount(mount).Fallbacks
}

// inPlace returns the lists that were replaced, and forgets those whose mount has
// ended or whose configuration has changed since. s.mu is held.
func (s *Fallbacks) inPlace() map[string][]string {
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

// idle reports whether an undeclared mount has neither source nor listeners:
// stand-ins alone must not keep it.
func (s *Fallbacks) idle(m *mounts.Mount) bool {
	if s.Conf.Config().Declares(m.Name) {
		return false
	}
	return m.Source() == nil && m.Audience.Count() == 0
}

// Set replaces the fallbacks of an existing mount, until the mount or the server
// ends. The error is a sentence for the operator.
func (s *Fallbacks) Set(mount string, list []string) error {
	m := s.Registry.Find(mount)
	if m == nil {
		return fmt.Errorf("there is no mount %s", mount)
	}
	s.mu.Lock()
	lists := s.inPlace()
	lists[mount] = list
	if loop := s.Conf.Config().FallbackLoop(mount, lists); loop != nil {
		s.mu.Unlock()
		return fmt.Errorf("fallbacks would form a loop: %s", strings.Join(loop, " → "))
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

func (s *Fallbacks) play(ctx context.Context, one standIn) {
	if one.from == "" {
		s.playSilence(ctx, one.mount)
	} else {
		s.playStream(ctx, one)
	}
}
