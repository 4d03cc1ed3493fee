package history

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// MountListening is how a mount was listened to.
type MountListening struct {
	Mount            string     `json:"mount"` // empty: all of them together
	Sessions         int64      `json:"sessions"`
	Hours            float64    `json:"hours"`
	UniqueListeners  int        `json:"unique_listeners"` // by address and player
	AverageSeconds   float64    `json:"average_seconds"`  // of a session
	AverageListeners float64    `json:"average_listeners"`
	Peak             int        `json:"peak"`              // the most at once
	PeakAt           *time.Time `json:"peak_at,omitempty"` // when that was first so
}

// crowd is all who listened to a mount.
type crowd struct {
	audience
	who      map[int64]struct{}
	sessions int64
	ms       int64 // they listened
}

func (c *crowd) add(one stay) {
	c.audience.add(one.since, one.until)
	c.who[one.who] = struct{}{}
	c.sessions += one.sessions
	c.ms += one.until - one.since
}

// Listening tells how each mount was listened to. Where there are several, the
// last row is all of them together.
func (s *Store) Listening(ctx context.Context, about Span) (list []MountListening, err error) {
	defer func() { s.suspect(err) }()
	d, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	w, err := about.in(ctx, d)
	if err != nil {
		return nil, err
	}
	newCrowd := func() *crowd { return &crowd{who: map[int64]struct{}{}} }
	crowds, all := map[string]*crowd{}, newCrowd()
	err = s.stays(ctx, d, w, false, func(one stay) {
		c := crowds[one.mount]
		if c == nil {
			c = newCrowd()
			crowds[one.mount] = c
		}
		c.add(one)
		all.add(one)
	})
	if err != nil {
		return nil, err
	}
	list = make([]MountListening, 0, len(crowds)+1)
	for mount, c := range maps.All(crowds) {
		list = append(list, c.report(mount, w))
	}
	slices.SortFunc(list, func(a, b MountListening) int { return strings.Compare(a.Mount, b.Mount) })
	if len(list) > 1 {
		list = append(list, all.report("", w))
	}
	return list, nil
}

func (c *crowd) report(mount string, w span) MountListening {
	c.sort()
	peak, at := c.peak()
	row := MountListening{
		Mount: mount, Sessions: c.sessions, Hours: hours(c.ms), UniqueListeners: len(c.who),
		AverageSeconds: rounded(seconds(c.ms) / float64(max(1, c.sessions))), AverageListeners: per(c.ms, w.to-w.from), Peak: peak,
	}
	if peak > 0 {
		when := moment(at)
		row.PeakAt = &when
	}
	return row
}
