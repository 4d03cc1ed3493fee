package server

import (
	"relay/clock"
	"relay/history"
	"relay/mounts"
)

// follow tells a history what is on the air, where to look for what has not
// ended yet, and what time it is. Titles and listeners who leave it is told of
// elsewhere.
func follow(registry *mounts.Registry, past *history.Store, day *clock.Clock) {
	if past == nil {
		return
	}
	past.Clock = day
	registry.OnTurn = func(t mounts.Turn) {
		switch {
		case !t.Until.IsZero():
			past.Sourced(session(t))
		case t.Title.Text != "": // which is not told again after a gap that was bridged
			past.Played(history.Track{Mount: t.Mount, Title: t.Title.Text, Since: t.Since, Listeners: t.Listeners})
		}
	}
	past.OnAir = func() (list []history.Session) {
		for _, m := range registry.List() {
			if t, ok := m.Turn(); ok {
				list = append(list, session(t))
			}
		}
		return list
	}
	past.Present = func() (list []history.Listening) {
		for _, m := range registry.List() {
			for _, s := range m.Audience.Stays() {
				list = append(list, history.Listening{Mount: m.Name, Since: s.Since, Addr: s.Addr, Agent: s.Agent, User: s.User, Bytes: s.Sent})
			}
		}
		return list
	}
	past.Listeners = func() map[string]int {
		count := map[string]int{}
		for _, m := range registry.List() {
			count[m.Name] = m.Audience.Count()
		}
		return count
	}
}

func session(t mounts.Turn) history.Session {
	s := history.Session{Mount: t.Mount, Kind: t.Kind.String(), Addr: t.Addr, Agent: t.Agent, User: t.User, Since: t.Since, Reason: t.Reason}
	if !t.Until.IsZero() {
		s.Stayed = t.Until.Sub(t.Since)
	}
	return s
}
