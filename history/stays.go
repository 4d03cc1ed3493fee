package history

import (
	"context"

	"relay/internal/netconn"
)

// stay is the part of a listener's stay inside a span.
type stay struct {
	mount        string
	agent        string // only if requested
	who          int64
	since, until int64
	sessions     int64 // how many sessions it stands for
}

// inSpan finds the stays in a span without reading all that came before it: stays of up
// to a day (86,400,000 ms) by their beginning, the few longer ones by an index of their
// own.
const inSpan = `SELECT mount, agent, who, since, until FROM listening INDEXED BY listening_since
	WHERE since > ?1 - 86400000 AND since < ?2 AND until > ?1 AND until - since <= 86400000
UNION ALL SELECT mount, agent, who, since, until FROM listening INDEXED BY listening_long
	WHERE until - since > 86400000 AND until > ?1 AND since < ?2`

// briefInSpan finds the sums of brief stays in a span. The stays of a row begin and end
// within a minute of the row's own, so they cover less than two minutes.
const briefInSpan = `SELECT mount, agent, who, since, until, sessions, ms FROM brief WHERE minute > ?1 - 120000 AND minute < ?2 + 60000`

// stays calls each for every stay in a span, including those of current listeners.
func (d *reading) stays(ctx context.Context, w span, withAgents bool, each func(stay)) error {
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
	for _, l := range d.present {
		player := clip(l.Agent)
		w.give(stay{l.Mount, player, d.who(netconn.Text(l.Addr), player), l.Since.UnixMilli(), d.now, 1}, each)
	}
	return briefs.Err()
}

// give calls each with the part of a stay inside a span, if there is any.
func (w span) give(one stay, each func(stay)) {
	overlaps := one.since < w.to && one.until > w.from
	one.since, one.until = w.clip(one.since, one.until)
	if w.has(one.mount) && overlaps {
		each(one)
	}
}

// namesOf returns the texts of a table by their numbers.
func (d *reading) namesOf(ctx context.Context, table string) (map[int64]string, error) {
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
