package history

import (
	"context"
	"slices"
	"time"
)

// Play is a title that was on the air, with who heard it.
type Play struct {
	Title            string    `json:"title"`
	Mount            string    `json:"mount"`
	Since            time.Time `json:"since"`
	Seconds          float64   `json:"seconds"`
	Listeners        int       `json:"listeners"`    // when it began
	Performances     int       `json:"performances"` // those, and who came while it played
	AverageListeners float64   `json:"average_listeners"`
	ListenerHours    float64   `json:"listener_hours"`
}

// TitleTotal is all plays of a title.
type TitleTotal struct {
	Title         string  `json:"title"`
	Plays         int     `json:"plays"`
	Seconds       float64 `json:"seconds"`
	Performances  int     `json:"performances"`
	ListenerHours float64 `json:"listener_hours"`
}

// Titles tells what began to play in a span, the oldest first, and how many
// plays there are in all; limit 0 is all of them. A play belongs to the span in
// which it began, with all its time, so that every play is in one month's
// report and in no other.
func (s *Store) Titles(ctx context.Context, about Span, offset, limit int) (list []Play, total int, err error) {
	defer func() { s.suspect(err) }()
	d, err := s.reading(ctx)
	if err != nil {
		return nil, 0, err
	}
	w, err := about.in(ctx, d)
	if err != nil {
		return nil, 0, err
	}
	const those = ` FROM titles JOIN mounts ON mounts.id = titles.mount WHERE since >= ?1 AND since < ?2 AND (?3 = '' OR name = ?3)`
	if err := d.read.QueryRowContext(ctx, `SELECT count(*)`+those, w.from, w.to, w.mount).Scan(&total); err != nil {
		return nil, 0, err
	}
	if limit <= 0 {
		limit = -1
	}
	played, err := d.played(ctx, `SELECT name, title, since, until, listeners`+those+` ORDER BY since, titles.rowid LIMIT ?4 OFFSET ?5`,
		w.from, w.to, w.mount, limit, offset)
	if err != nil {
		return nil, 0, err
	}
	list, err = s.heard(ctx, d, w.mount, played)
	return list, total, err
}

// TitleTotals tells what Titles does, title by title, the most played first.
func (s *Store) TitleTotals(ctx context.Context, about Span) ([]TitleTotal, error) {
	plays, _, err := s.Titles(ctx, about, 0, 0)
	if err != nil {
		return nil, err
	}
	places := map[string]int{}
	list := []TitleTotal{}
	for _, p := range plays {
		at, known := places[p.Title]
		if !known {
			at = len(list)
			places[p.Title] = at
			list = append(list, TitleTotal{Title: p.Title})
		}
		t := &list[at]
		t.Plays++
		t.Seconds += p.Seconds
		t.Performances += p.Performances
		t.ListenerHours = rounded(t.ListenerHours + p.ListenerHours)
	}
	slices.SortFunc(list, func(a, b TitleTotal) int { return descending(a.Plays, b.Plays, a.Title, b.Title) })
	return list, nil
}

// played is a row of titles.
type played struct {
	mount, title string
	since, until int64
	listeners    int
}

func (d *database) played(ctx context.Context, query string, args ...any) (list []played, err error) {
	rows, err := d.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	now := time.Now().UnixMilli()
	for rows.Next() {
		var p played
		var until *int64
		if err := rows.Scan(&p.mount, &p.title, &p.since, &until, &p.listeners); err != nil {
			return nil, err
		}
		if until == nil { // it is on the air
			until = &now
		}
		p.until = max(p.since, *until)
		list = append(list, p)
	}
	return list, rows.Err()
}

// heard adds who heard them to titles that were played, which are sorted by
// when that was.
func (s *Store) heard(ctx context.Context, d *database, mount string, titles []played) ([]Play, error) {
	list := make([]Play, 0, len(titles))
	if len(titles) == 0 {
		return list, nil
	}
	w := span{mount, titles[0].since, titles[0].until}
	audiences := map[string]*audience{}
	for _, p := range titles {
		w.to = max(w.to, p.until)
		audiences[p.mount] = &audience{}
	}
	err := s.stays(ctx, d, w, false, func(one stay) {
		if a := audiences[one.mount]; a != nil {
			a.add(one.since, one.until)
		}
	})
	if err != nil {
		return nil, err
	}
	for _, a := range audiences {
		a.sort()
	}
	for _, p := range titles {
		a := audiences[p.mount]
		listened := a.listened(p.since, p.until)
		list = append(list, Play{
			Title: p.title, Mount: p.mount, Since: moment(p.since), Seconds: seconds(p.until - p.since),
			Listeners: p.listeners, Performances: a.at(p.since) + a.joined(p.since, p.until),
			AverageListeners: per(listened, p.until-p.since), ListenerHours: hours(listened),
		})
	}
	return list, nil
}
