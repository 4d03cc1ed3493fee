package server

import (
	"context"
	"time"

	"go.uber.org/zap"

	"relay/internal/netconn"
	"relay/mounts"
)

// membersEvery is how often the files of listeners' logins are checked for changes.
const membersEvery = 2 * time.Second

// enforceRights disconnects sources and listeners whose login was removed or changed,
// until ctx ends. STATS clients, followers, downloads and login sessions are left to
// their own handlers, which check the login again.
func (s *Server) enforceRights(ctx context.Context) {
	changes, stop := s.Conf.Watch()
	defer stop()
	look := time.NewTicker(membersEvery)
	defer look.Stop()
	s.revokeSources()                // the configuration may have changed before Watch
	changed := true                  // and with it the files of the mounts
	looked := make(chan struct{}, 1) // reading a file may hang, so the shutdown does not wait for it
	looked <- struct{}{}
	for {
		if changed || s.Conf.Config().HasMembers() {
			look.Reset(membersEvery)
		} else {
			look.Stop()
		}
		select {
		case <-changes:
			s.revokeSources()
			changed = true
		case <-look.C:
			select {
			case <-looked:
				go func(again bool) {
					if s.Gate.MembersChanged() || again {
						s.revokeListeners()
					}
					looked <- struct{}{}
				}(changed)
				changed = false
			default: // the previous check is still running
			}
		case <-ctx.Done():
			return
		}
	}
}

func (s *Server) revokeSources() {
	for _, m := range s.Registry.List() {
		for _, in := range m.LiveSources() {
			if !s.Gate.MaySend(m.Name, in.User) {
				in.Revoke()
				s.Log.Info("source disconnected: its login was removed",
					zap.String("mount", m.Name), zap.String("user", in.User), zap.String("ip", netconn.Text(in.Addr)))
			}
		}
	}
}

func (s *Server) revokeListeners() {
	n := 0
	for _, m := range s.Registry.List() {
		for _, l := range m.Audience.List() {
			if !l.StillAllowed() && m.Audience.Order(l.ID, mounts.Order{}) {
				n++
			}
		}
	}
	if n > 0 {
		s.Log.Info("listeners disconnected: their logins were removed or changed", zap.Int("listeners", n))
	}
}
