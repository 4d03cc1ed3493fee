package history

import (
	"context"
	"database/sql"
	"time"
)

const (
	// stampEvery is how often the server records that it runs. After a kill, the
	// server's time ends at its last stamp.
	stampEvery = 10 * time.Second

	// clockSet is the difference between the clock and the elapsed time above which the
	// clock must have been set, or the machine must have slept.
	clockSet = 2 * time.Second
)

// upTime is a time during which the server ran, as far as known.
type upTime struct{ since, until time.Time }

// stamp adds an entry to the batch that the server still runs. day is the time of day,
// and ran the running time by a clock that nobody sets. If they disagree, the clock was
// set or the machine slept, and a new row begins, so that no report counts hours in
// which nothing ran.
func (w *writer) stamp(day time.Time, ran time.Duration) {
	day = day.Round(0)
	if w.up.since.IsZero() || (day.Sub(w.up.until)-(ran-w.upFor)).Abs() > clockSet {
		w.up.since = day
	}
	w.up.until, w.upFor = day, ran
	w.store.upSince.Store(w.up.since.UnixMilli())
	w.batch = append(w.batch, w.up)
	w.notePresent()
}

func (u upTime) write(p *batch) error {
	return p.exec(`INSERT INTO uptimes (since, until) VALUES (?, ?) ON CONFLICT (since) DO UPDATE SET until = max(until, excluded.until)`,
		u.since.UnixMilli(), u.until.UnixMilli())
}

// lastSeen is an SQL expression for the time at which an earlier run of the server was
// last known to run; NULL: there was none. It is valid until this run writes its first
// stamp.
const lastSeen = `(SELECT max(until) FROM uptimes)`

// forgetUptimes removes the uptimes before a moment, since the other tables have no
// rows of that time any more: averages would be too low.
func forgetUptimes(db interface {
	Exec(query string, args ...any) (sql.Result, error)
}, before int64) error {
	if _, err := db.Exec(`DELETE FROM uptimes WHERE until <= ?`, before); err != nil {
		return err
	}
	_, err := db.Exec(`UPDATE OR REPLACE uptimes SET since = ?1 WHERE since < ?1`, before)
	return err
}

// uptimes returns when the server ran within a span.
func (s *Store) uptimes(ctx context.Context, d *reading, w span) (spells, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT since, until FROM uptimes WHERE until > ?1 AND since < ?2`, w.from, w.to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list spells
	for rows.Next() {
		var one spell
		if err := rows.Scan(&one.since, &one.until); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	if since := s.upSince.Load(); since != 0 {
		list = append(list, spell{since, time.Now().UnixMilli()}) // the time since the last stamp
	}
	return list.within(w), rows.Err()
}

// airtimesIn returns for each mount when something was on the air within a span.
func (d *reading) airtimesIn(ctx context.Context, w span) (map[string]spells, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT name, since, ifnull(until, ?4) FROM sources JOIN mounts ON mounts.id = sources.mount
		WHERE ifnull(until, ?4) > ?1 AND since < ?2 AND (?3 = '' OR name = ?3)`, w.from, w.to, w.mount, d.now)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	of := map[string]spells{}
	for rows.Next() {
		var name string
		var one spell
		if err := rows.Scan(&name, &one.since, &one.until); err != nil {
			return nil, err
		}
		of[name] = append(of[name], one)
	}
	for _, on := range d.onAir { // these may not be written yet
		if w.has(on.Mount) {
			of[on.Mount] = append(of[on.Mount], spell{on.Since.UnixMilli(), d.now})
		}
	}
	for name, list := range of {
		of[name] = list.within(w)
	}
	return of, rows.Err()
}
