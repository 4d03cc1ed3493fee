package history

import (
	"context"
	"time"
)

// stay is the part of a listener's stay that lies in a span.
type stay struct {
	mount        string
	agent        string // only where it is asked for
	who          int64
	since, until int64
	sessions     int64 // that it stands for
}

// inSpan finds stays without a look at all that came before: those of up to a
// day (86,400,000 ms) by when they began, the few others by an index of their
// own.
const inSpan = `SELECT mount, agent, who, since, until FROM listening INDEXED BY listening_since
	WHERE since > ?1 - 86400000 AND since < ?2 AND until > ?1 AND until - since <= 86400000
UNION ALL SELECT mount, agent, who, since, until FROM listening INDEXED BY listening_long
	WHERE until - since > 86400000 AND until > ?1 AND since < ?2`

// briefInSpan finds what was added up. A row begins and ends within a minute of its
// own, so it is less than two minutes from end to end.
const briefInSpan = `SELECT mount, agent, who, since, until, sessions, ms FROM brief WHERE minute > ?1 - 120000 AND minute < ?2 + 60000`

// stays calls each for every stay in a span, those who are there now included.
func (s *Store) stays(ctx context.Context, d *database, w span, withAgents bool, each func(stay)) error {
	present := s.present()
	mounts, err := d.namesOf(ctx, "mounts")
	if err != nil {
		return err
	}
	var agents map[int64]string
	if withAgents {
		if agents, err = d.namesOf(ctx, "agents"); err != nil {
			return err
		}
	}
	rows, err := d.read.QueryContext(ctx, inSpan, w.from, w.to)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var one stay
		var mount, agent int64
		if err := rows.Scan(&mount, &agent, &one.who, &one.since, &one.until); err != nil {
			return err
		}
		one.mount, one.agent, one.sessions = mounts[mount], agents[agent], 1
		w.give(one, each)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	briefs, err := d.read.QueryContext(ctx, briefInSpan, w.from, w.to)
	if err != nil {
		return err
	}
	defer briefs.Close()
	for briefs.Next() {
		var one briefRow
		var mount, agent int64
		if err := briefs.Scan(&mount, &agent, &one.who, &one.since, &one.until, &one.sessions, &one.ms); err != nil {
			return err
		}
		one.mount, one.agent = mounts[mount], agents[agent]
		one.spread(func(part stay) { w.give(part, each) })
	}
	now := time.Now().UnixMilli()
	for _, l := range present {
		player := clip(l.Agent)
		w.give(stay{l.Mount, player, d.who(l.Addr, player), l.Since.UnixMilli(), now, 1}, each)
	}
	return briefs.Err()
}

// give calls each with the part of a stay that lies in a span, if one does.
func (w span) give(one stay, each func(stay)) {
	overlaps := one.since < w.to && one.until > w.from
	one.since, one.until = w.clip(one.since, one.until)
	if w.has(one.mount) && overlaps {
		each(one)
	}
}

func (s *Store) present() []Listening {
	if s.Present == nil {
		return nil
	}
	return s.Present()
}

// namesOf returns the texts in a table by their numbers.
func (d *database) namesOf(ctx context.Context, table string) (map[int64]string, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT id, name FROM `+table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[int64]string{}
	for rows.Next() {
		var id int64
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, err
		}
		all[id] = name
	}
	return all, rows.Err()
}
