package api

import (
	"encoding/json"
	"fmt"

	"relay/conf"
	"relay/journal"
)

// An event is one piece of news of a mount, encoded for both kinds of those
// who follow. Nil: they are not told.
type event struct {
	mount     string // empty: of none
	hidden    bool   // the mount is
	everyone  []byte
	operators []byte
}

func mountEvent(s scene) event {
	whole := encodeEvent("mount", s.Mount)
	e := event{mount: s.Name, hidden: s.hidden, everyone: whole, operators: whole}
	if !s.counted {
		e.everyone = encodeEvent("mount", s.Mount.withoutListeners())
	}
	return e
}

func titleEvent(mount string, hidden bool, t Title) event {
	type titleNews struct {
		Mount string `json:"mount"`
		Title
	}
	b := encodeEvent("title", titleNews{mount, t})
	return event{mount, hidden, b, b}
}

func goneEvent(mount string, hidden bool) event {
	b := encodeEvent("gone", map[string]string{"mount": mount})
	return event{mount, hidden, b, b}
}

func detailEvent(d MountDetail) event {
	return event{mount: d.Name, hidden: d.Hidden, operators: encodeEvent("detail", d)}
}

func logEvents(lines []journal.Line) (list []event) {
	for _, l := range lines {
		list = append(list, event{operators: encodeEvent("log", printable(l))})
	}
	return list
}

// encodeEvent writes an event as server-sent events have it (WHATWG HTML
// §9.2). JSON has no line ends.
func encodeEvent(name string, data any) []byte {
	text, err := json.Marshal(data)
	if err != nil { // structs of texts, numbers and times
		panic(err)
	}
	return fmt.Appendf(nil, "event: %s\ndata: %s\n\n", name, text)
}

// count is how many listen to a mount.
type count struct {
	listeners int
	hidden    bool // the mount is
	everyone  bool // may know
}

// A round is all that happened at once.
type round struct {
	events []event
	counts map[string]count // that have changed
	conf   *conf.Config     // in force when it is sent
}

func (r round) isEmpty() bool { return len(r.events) == 0 && len(r.counts) == 0 }

// A view is what somebody who follows gets to see.
type view struct {
	mount string // of this one alone; empty: of all
	by    string // the mount whose source's login he has
	all   bool   // operators see everything
}

// isKnown tells whether he has a login.
func (v view) isKnown() bool { return v.all || v.by != "" }

// shows reports whether a view is about a mount, and may be if that is hidden.
func (r round) shows(v view, mount string, hidden bool) bool {
	return (v.mount == "" || mount == "" || v.mount == mount) && (!hidden || v.all || opens(r.conf, v.by, mount))
}

// through returns what can be seen of a round, ready to be sent.
func (r round) through(v view) []byte {
	var b []byte
	for _, e := range r.events {
		switch {
		case !r.shows(v, e.mount, e.hidden):
		case v.all:
			b = append(b, e.operators...)
		default:
			b = append(b, e.everyone...)
		}
	}
	seen := map[string]int{}
	for mount, c := range r.counts {
		if r.shows(v, mount, c.hidden) && (c.everyone || v.all || opens(r.conf, v.by, mount)) {
			seen[mount] = c.listeners
		}
	}
	if len(seen) > 0 {
		b = append(b, encodeEvent("listeners", seen)...)
	}
	return b
}
