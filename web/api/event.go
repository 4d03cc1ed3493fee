package api

import (
	"encoding/json"
	"fmt"

	"relay/conf"
	"relay/internal/logtail"
)

// An event is one change of a mount, encoded for everyone and for operators. A nil
// encoding is not sent to that kind of follower.
type event struct {
	mount     string // empty: of no mount
	hidden    bool   // the mount is hidden
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

func logEvents(lines []logtail.Line) (list []event) {
	for _, l := range lines {
		list = append(list, event{operators: encodeEvent("log", printable(l))})
	}
	return list
}

// encodeEvent encodes a server-sent event (WHATWG HTML §9.2). JSON has no line ends.
func encodeEvent(name string, data any) []byte {
	text, err := json.Marshal(data)
	if err != nil { // structs of strings, numbers and times
		panic(err)
	}
	return fmt.Appendf(nil, "event: %s\ndata: %s\n\n", name, text)
}

// count is the number of listeners of a mount.
type count struct {
	listeners int
	hidden    bool // the mount is hidden
	everyone  bool // everyone may know the number
}

// A round is everything that has changed at one time.
type round struct {
	events []event
	counts map[string]count // those that have changed
	conf   *conf.Config     // in force when it is sent
}

func (r round) isEmpty() bool { return len(r.events) == 0 && len(r.counts) == 0 }

// A view says what a follower may see.
type view struct {
	mount string // this mount alone; empty: all mounts
	by    string // the mount of the follower's login as a source
	all   bool   // for operators: everything
}

// isKnown reports whether the follower has a login.
func (v view) isKnown() bool { return v.all || v.by != "" }

// shows reports whether a view includes a mount, and may include it if it is hidden.
func (r round) shows(v view, mount string, hidden bool) bool {
	return (v.mount == "" || mount == "" || v.mount == mount) && (!hidden || v.all || opens(r.conf, v.by, mount))
}

// through returns the part of a round that a view shows, encoded.
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
