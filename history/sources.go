package history

import (
	"cmp"
	"context"
	"slices"
	"time"

	"relay/internal/netconn"
)

// SourceSession is the time for which an input of a mount was on the air.
type SourceSession struct {
	Mount   string    `json:"mount"`
	Kind    string    `json:"kind"` // "live", "relay", "fallback", "files"…
	Addr    string    `json:"addr"` // hashed, unless configured otherwise
	Agent   string    `json:"agent"`
	User    string    `json:"user"`
	Since   time.Time `json:"since"`
	Seconds float64   `json:"seconds"`
	Reason  string    `json:"reason"` // why it ended; empty: still on the air
}

// Sources returns the inputs that were on the air in a span, the oldest first. Of an
// airtime that extends beyond the span, only the part inside counts.
func (s *Store) Sources(ctx context.Context, about Span) (list []SourceSession, err error) {
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
	onAir := map[airtimeKey]Airtime{}
	for _, on := range d.onAir {
		onAir[on.key()] = on
	}
	rows, err := d.read.QueryContext(ctx, `SELECT name, kind, addr, agent, user, since, until, reason FROM sources JOIN mounts ON mounts.id = sources.mount
		WHERE ifnull(until, ?4) > ?1 AND since < ?2 AND (?3 = '' OR name = ?3) ORDER BY since, sources.rowid`, w.from, w.to, w.mount, d.now)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list = []SourceSession{}
	add := func(one SourceSession, since, until int64) {
		since, until = w.clip(since, until)
		one.Since, one.Seconds = moment(since), seconds(until-since)
		list = append(list, one)
	}
	for rows.Next() {
		var one SourceSession
		var since int64
		var until *int64
		if err := rows.Scan(&one.Mount, &one.Kind, &one.Addr, &one.Agent, &one.User, &since, &until, &one.Reason); err != nil {
			return nil, err
		}
		delete(onAir, airtimeKey{one.Mount, one.Kind, since})
		if until == nil {
			until = &d.now
		}
		add(one, since, *until)
	}
	for at, on := range onAir { // not written yet
		if w.has(on.Mount) && at.since < w.to {
			add(SourceSession{Mount: on.Mount, Kind: on.Kind, Addr: d.kept(netconn.Text(on.Addr)), Agent: clip(on.Agent), User: on.User}, at.since, d.now)
		}
	}
	slices.SortStableFunc(list, func(a, b SourceSession) int { return cmp.Compare(a.Since.Unix(), b.Since.Unix()) })
	return list, rows.Err()
}
