package main

import (
	"time"

	"relay/history"
	"relay/internal/accesslog"
	"relay/mounts"
)

// chronicle is the mounts.Observer: it passes airtimes, plays and sessions to the
// history, and titles to playlist.log.
type chronicle struct {
	past      *history.Store
	accessLog *accesslog.Logs
}

func (c chronicle) TitleOnAir(mount string, listeners int, t mounts.Title) {
	c.accessLog.Title(mount, listeners, t.Text)
}

func (c chronicle) PlayBegan(p mounts.Play) {
	c.past.Played(history.Track{Mount: p.Mount, Play: p.ID, Title: p.Text, Since: p.Since, Listeners: p.Listeners})
}

func (c chronicle) AirtimeBegan(t mounts.Airtime) { c.past.Began(airtimeOf(t)) }

func (c chronicle) AirtimeEnded(t mounts.Airtime) { c.past.Sourced(airtimeOf(t)) }

func (c chronicle) SessionEnded(mount string, s mounts.Session, reason string) {
	c.past.Listened(sessionOf(mount, s, reason))
}

// present is the history.Present: sessions and airtimes that have not ended yet.
type present struct{ registry *mounts.Registry }

func (p present) Listeners() map[string]int {
	count := map[string]int{}
	for _, m := range p.registry.List() {
		count[m.Name] = m.Audience.Count()
	}
	return count
}

func (p present) Sessions() (list []history.Session) {
	for _, m := range p.registry.List() {
		for _, s := range m.Audience.Stays() {
			list = append(list, sessionOf(m.Name, s, ""))
		}
	}
	return list
}

func (p present) Airtimes() (list []history.Airtime) {
	for _, m := range p.registry.List() {
		if t, ok := m.Airtime(); ok {
			list = append(list, airtimeOf(t))
		}
	}
	return list
}

func sessionOf(mount string, s mounts.Session, reason string) history.Session {
	return history.Session{
		ID: s.ID, Mount: mount, Since: s.Since, Stayed: time.Since(s.Since),
		Addr: s.Addr, Agent: s.Agent, User: s.User, Bytes: s.Sent, Reason: reason,
	}
}

func airtimeOf(t mounts.Airtime) history.Airtime {
	of := history.Airtime{Mount: t.Mount, Kind: t.Kind.String(), Addr: t.Addr, Agent: t.Agent, User: t.User, Since: t.Since, Reason: t.Reason, Play: t.Play}
	if !t.Until.IsZero() {
		of.Stayed = t.Until.Sub(t.Since)
	}
	return of
}
