package history

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// MountListening is the listening to one mount.
type MountListening struct {
	Mount            string     `json:"mount"` // empty: all mounts together
	Sessions         int64      `json:"sessions"`
	Hours            float64    `json:"hours"`
	UniqueListeners  int        `json:"unique_listeners"`  // by address and player
	AverageSeconds   float64    `json:"average_seconds"`   // of a session
	AverageListeners float64    `json:"average_listeners"` // while the mount was on the air or had listeners; for all mounts: while the server ran
	Peak             int        `json:"peak"`              // maximum of simultaneous listeners
	PeakAt           *time.Time `json:"peak_at,omitempty"` // when the peak was first reached
}

// mountTally adds up the listening to one mount.
type mountTally struct {
	audience
	who      map[int64]struct{}
	sessions int64
	ms       int64 // listening time
}

func (c *mountTally) add(one stay) {
	c.audience.add(one.since, one.until)
	c.who[one.who] = struct{}{}
	c.sessions += one.sessions
	c.ms += one.until - one.since
}

// Listening returns a row for each mount. If there are several, the last row is the sum
// of all of them.
func (s *Store) Listening(ctx context.Context, about Span) (list []MountListening, err error) {
	defer func() { s.suspect(err) }()
	d, err := s.report(ctx)
	if err != nil {
		return nil, err
	}
	defer d.end()
	w, err := about.in(ctx, d)
	if err != nil {
		return nil, err
	}
	newTally := func() *mountTally { return &mountTally{who: map[int64]struct{}{}} }
	tallies, all := map[string]*mountTally{}, newTally()
	err = d.stays(ctx, w, false, func(one stay) {
		c := tallies[one.mount]
		if c == nil {
			c = newTally()
			tallies[one.mount] = c
		}
		c.add(one)
		all.add(one)
	})
	if err != nil {
		return nil, err
	}
	onAir, err := d.airtimesIn(ctx, w)
	if err != nil {
		return nil, err
	}
	up, err := s.uptimes(ctx, d, w)
	if err != nil {
		return nil, err
	}
	list = make([]MountListening, 0, len(tallies)+1)
	for mount, c := range maps.All(tallies) {
		list = append(list, c.report(mount, onAir[mount]))
	}
	slices.SortFunc(list, func(a, b MountListening) int { return strings.Compare(a.Mount, b.Mount) })
	if len(list) > 1 {
		for airtimes := range maps.Values(onAir) {
			up = append(up, airtimes...)
		}
		list = append(list, all.report("", up))
	}
	return list, nil
}

// report returns the row of a mount that was on the air at the times in there. Times
// with listeners count too.
func (c *mountTally) report(mount string, there spells) MountListening {
	c.sort()
	peak, at := c.peak()
	there = append(there, c.busy()...).union()
	row := MountListening{
		Mount: mount, Sessions: c.sessions, Hours: hours(c.ms), UniqueListeners: len(c.who),
		AverageSeconds: rounded(seconds(c.ms) / float64(max(1, c.sessions))), AverageListeners: per(c.ms, there.total()), Peak: peak,
	}
	if peak > 0 {
		when := moment(at)
		row.PeakAt = &when
	}
	return row
}
