package history

import (
	"context"
	"time"
)

// Point is the number of listeners in one step of a Curve.
type Point struct {
	At        time.Time `json:"at"`        // when the step begins
	Listeners float64   `json:"listeners"` // average
	Peak      int       `json:"peak"`      // maximum of the samples, one a minute
}

// Curve returns the number of listeners over time, in steps from the beginning of the
// span. A step in which the server or the mount did not run has no point. A step is at
// least a minute.
func (s *Store) Curve(ctx context.Context, about Span, step time.Duration) (list []Point, err error) {
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
	rows, err := d.read.QueryContext(ctx, `SELECT ?1 + (at - ?1) / ?4 * ?4 AS step, avg(n), max(n) FROM (
			SELECT at, sum(listeners) AS n FROM samples JOIN mounts ON mounts.id = samples.mount
			WHERE at >= ?1 AND at < ?2 AND (?3 = '' OR name = ?3) GROUP BY at
		) GROUP BY step ORDER BY step`, w.from, w.to, w.mount, max(step, sampleEvery).Milliseconds())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list = []Point{}
	for rows.Next() {
		var p Point
		var at int64
		if err := rows.Scan(&at, &p.Listeners, &p.Peak); err != nil {
			return nil, err
		}
		p.At, p.Listeners = moment(at), rounded(p.Listeners)
		list = append(list, p)
	}
	return list, rows.Err()
}
