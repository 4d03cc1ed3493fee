package history

import (
	"cmp"
	"context"
	"slices"
	"time"
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
	Reason  string    `json:"reason"` // why it ended; empty: it has not
}

// Sources tells what was on the air in a span, the oldest first; of what was
// so before or after it, the part inside.
func (s *Store) Sources(ctx context.Context, about Span) (list []SourceSession, err error) {
	defer func() { s.suspect(err) }()
	d, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	w, err := about.in(ctx, d)
	if err != nil {
		return nil, err
	}
	var now []Session
	if s.OnAir != nil {
		now = s.OnAir()
	}
	rows, err := d.read.QueryContext(ctx, `SELECT name, kind, addr, agent, user, since, until, reason FROM sources JOIN mounts ON mounts.id = sources.mount
		WHERE until > ?1 AND since < ?2 AND (?3 = '' OR name = ?3) ORDER BY since, sources.rowid`, w.from, w.to, w.mount)
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
		var since, until int64
		if err := rows.Scan(&one.Mount, &one.Kind, &one.Addr, &one.Agent, &one.User, &since, &until, &one.Reason); err != nil {
			return nil, err
		}
		add(one, since, until)
	}
	for _, on := range now {
		if since := on.Since.UnixMilli(); w.has(on.Mount) && since < w.to {
			add(SourceSession{Mount: on.Mount, Kind: on.Kind, Addr: d.kept(on.Addr), Agent: clip(on.Agent), User: on.User}, since, time.Now().UnixMilli())
		}
	}
	slices.SortStableFunc(list, func(a, b SourceSession) int { return cmp.Compare(a.Since.Unix(), b.Since.Unix()) })
	return list, rows.Err()
}
