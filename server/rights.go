package server

import (
	"context"
	"time"

	"go.uber.org/zap"

	"relay/mounts"
)

// membersEvery is how often the files of listeners' names are looked at.
const membersEvery = 2 * time.Second

// enforceRights disconnects sources and listeners whose login is there no more, until
// ctx ends. Those who watch by STATS, follow the events, download or have a session
// are asked again by whatever serves them.
func (s *Server) enforceRights(ctx context.Context) {
	changes, stop := s.conf.Watch()
	defer stop()
	look := time.NewTicker(membersEvery)
	defer look.Stop()
	s.revokeSources()                // the configuration may have changed before it was watched
	changed := true                  // and so may be which file is whose
	looked := make(chan struct{}, 1) // a file may hang, and is not waited for at the end
	looked <- struct{}{}
	for {
		select {
		case <-changes:
			s.revokeSources()
			changed = true
		case <-look.C:
			select {
			case <-looked:
				go func(again bool) {
					if s.gate.MembersChanged() || again {
						s.revokeListeners()
					}
					looked <- struct{}{}
				}(changed)
				changed = false
			default: // it is being looked still
			}
		case <-ctx.Done():
			return
		}
	}
}

func (s *Server) revokeSources() {
	for _, m := range s.registry.List() {
		for _, in := range m.LiveSources() {
			if !s.gate.MaySend(m.Name, in.User) {
				in.Revoke()
				s.log.Info("source disconnected: its login was removed",
					zap.String("mount", m.Name), zap.String("user", in.User), zap.String("ip", in.Addr))
			}
		}
	}
}

func (s *Server) revokeListeners() {
	n := 0
	for _, m := range s.registry.List() {
		for _, l := range m.Audience.List() {
			if l.StillAllowed != nil && !l.StillAllowed() && m.Audience.Order(l.ID, mounts.Order{}) {
				n++
			}
		}
	}
	if n > 0 {
		s.log.Info("listeners disconnected: their logins were removed or changed", zap.Int("listeners", n))
	}
}
