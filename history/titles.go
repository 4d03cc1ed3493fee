package history

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"time"
)

// Play is a title that was on the air of a mount, and its listeners.
type Play struct {
	Title            string    `json:"title"`
	Mount            string    `json:"mount"`
	Since            time.Time `json:"since"`
	Seconds          float64   `json:"seconds"`      // on the air, without interruptions
	Listeners        int       `json:"listeners"`    // at the beginning
	Performances     int       `json:"performances"` // listeners at the beginning and those that came later
	AverageListeners float64   `json:"average_listeners"`
	ListenerHours    float64   `json:"listener_hours"`
}

// TitleTotal is the sum of all plays of a title. A play on several mounts counts once.
type TitleTotal struct {
	Title         string  `json:"title"`
	Plays         int     `json:"plays"`
	Seconds       float64 `json:"seconds"`
	Performances  int     `json:"performances"`
	ListenerHours float64 `json:"listener_hours"`
}

// Titles returns the plays that began in a span, the oldest first, and the total number
// of plays; limit 0 means all of them. A play belongs to the span in which it began,
// with its whole length, so that every play is in exactly one month's report.
func (s *Store) Titles(ctx context.Context, about Span, offset, limit int) (list []Play, total int, err error) {
	heard, total, err := s.heard(ctx, about, offset, limit)
	if err != nil {
		return nil, 0, err
	}
	list = make([]Play, 0, len(heard))
	for _, p := range heard {
		list = append(list, Play{
			Title: p.title, Mount: p.mount, Since: moment(p.parts[0].since), Seconds: seconds(p.ms()),
			Listeners: p.listeners, Performances: p.performances,
			AverageListeners: per(p.listened, p.ms()), ListenerHours: hours(p.listened),
		})
	}
	return list, total, nil
}

// TitleTotals returns the plays of a span added up by title, the most played first. A
// play on several mounts, for example on a rendition or a fallback, counts once, with
// the longest of its times. Its listeners are those of all mounts, each counted once,
// even if it was moved between them.
func (s *Store) TitleTotals(ctx context.Context, about Span) ([]TitleTotal, error) {
	heard, _, err := s.heard(ctx, about, 0, 0)
	if err != nil {
		return nil, err
	}
	type sums struct {
		longest      map[int64]int64 // ms, by play
		performances int
		listened     int64 // ms
	}
	titles := map[string]*sums{}
	for _, p := range heard {
		t := titles[p.title]
		if t == nil {
			t = &sums{longest: map[int64]int64{}}
			titles[p.title] = t
		}
		t.longest[p.play] = max(t.longest[p.play], p.ms())
		t.performances += p.performances - p.again
		t.listened += p.listened
	}
	list := make([]TitleTotal, 0, len(titles))
	for title, t := range titles {
		var ms int64
		for _, one := range t.longest {
			ms += one
		}
		list = append(list, TitleTotal{title, len(t.longest), seconds(ms), t.performances, hours(t.listened)})
	}
	slices.SortFunc(list, func(a, b TitleTotal) int { return descending(a.Plays, b.Plays, a.Title, b.Title) })
	return list, nil
}

// played is a play on a mount, and its listeners.
type played struct {
	playOn
	title        string
	parts        spells // when it was on the air, in order of time
	listeners    int    // at the beginning
	performances int
	again        int   // those of the performances that are listeners moved here who had heard the play elsewhere
	listened     int64 // ms, all listeners together
}

// playOn identifies a play on one mount.
type playOn struct {
	mount string
	play  int64
}

// ms returns how long the play was on the air.
func (p *played) ms() int64 { return p.parts.total() }

func (p *played) end() int64 { return p.parts[len(p.parts)-1].until }

// heard returns the plays that began in a span, with their listeners.
func (s *Store) heard(ctx context.Context, about Span, offset, limit int) (list []*played, total int, err error) {
	defer func() { s.suspect(err) }()
	d, err := s.report(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer d.end()
	w, err := about.in(ctx, d)
	if err != nil {
		return nil, 0, err
	}
	const those = ` FROM titles JOIN mounts ON mounts.id = titles.mount
		WHERE NOT part AND since >= ?1 AND since < ?2 AND (?3 = '' OR name = ?3) AND (until IS NOT NULL OR since <= ?4)`
	args := []any{w.from, w.to, w.mount, d.now - shortestPlay.Milliseconds()}
	if err := d.read.QueryRowContext(ctx, `SELECT count(*)`+those, args...).Scan(&total); err != nil {
		return nil, 0, err
	}
	if limit <= 0 {
		limit = -1
	}
	list, err = d.plays(ctx, `SELECT name, play, title, since, until, listeners`+those+` ORDER BY since, titles.rowid LIMIT ?5 OFFSET ?6`,
		append(args, limit, offset)...)
	if err != nil || len(list) == 0 {
		return nil, total, err
	}
	if err := d.addParts(ctx, list); err != nil {
		return nil, 0, err
	}
	return list, total, d.addListeners(ctx, w.mount, list)
}

func (d *reading) plays(ctx context.Context, query string, args ...any) (list []*played, err error) {
	rows, err := d.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		p := &played{parts: make(spells, 1)}
		var until *int64
		if err := rows.Scan(&p.mount, &p.play, &p.title, &p.parts[0].since, &until, &p.listeners); err != nil {
			return nil, err
		}
		p.parts[0].endsAt(until, d.now)
		list = append(list, p)
	}
	return list, rows.Err()
}

// endsAt sets the end; nil means now.
func (one *spell) endsAt(until *int64, now int64) {
	if until == nil {
		until = &now
	}
	one.until = max(one.since, *until)
}

// addParts adds the later parts of plays that were interrupted.
func (d *reading) addParts(ctx context.Context, list []*played) error {
	plays := make(map[playOn]*played, len(list))
	for _, p := range list {
		plays[p.playOn] = p
	}
	rows, err := d.read.QueryContext(ctx, `SELECT name, play, since, until FROM titles INDEXED BY titles_parts JOIN mounts ON mounts.id = titles.mount
		WHERE part AND since >= ? ORDER BY since`, list[0].parts[0].since)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var of playOn
		var one spell
		var until *int64
		if err := rows.Scan(&of.mount, &of.play, &one.since, &until); err != nil {
			return err
		}
		one.endsAt(until, d.now)
		if p := plays[of]; p != nil {
			p.parts = append(p.parts, one)
		}
	}
	return rows.Err()
}

// gap is the time between two parts of a play.
type gap struct {
	spell
	of *played
}

// addListeners adds the listeners to plays, which must be sorted by their beginning.
func (d *reading) addListeners(ctx context.Context, mount string, list []*played) error {
	w := span{mount, list[0].parts[0].since, list[0].end()}
	audiences, gaps := map[string]*audience{}, map[string][]gap{}
	for _, p := range list {
		w.to = max(w.to, p.end())
		audiences[p.mount] = &audience{}
		for i := range p.parts[1:] {
			gaps[p.mount] = append(gaps[p.mount], gap{spell{p.parts[i].until, p.parts[i+1].since}, p})
		}
	}
	for _, g := range gaps {
		slices.SortFunc(g, func(a, b gap) int { return cmp.Compare(a.until, b.until) })
	}
	moved, err := d.moves(ctx, w, list)
	if err != nil {
		return err
	}
	err = d.stays(ctx, w, false, func(one stay) {
		moved.arrive(one)
		a := audiences[one.mount]
		if a == nil {
			return
		}
		a.add(one.since, one.until)
		// A listener that came during an interruption, and stayed, hears the rest.
		of := gaps[one.mount]
		for i := sort.Search(len(of), func(i int) bool { return of[i].until >= one.since }); i < len(of) && of[i].until < one.until; i++ {
			if of[i].since < one.since {
				of[i].of.performances++
			}
		}
	})
	if err != nil {
		return err
	}
	for _, a := range audiences {
		a.sort()
	}
	for _, p := range list {
		a := audiences[p.mount]
		p.performances += a.at(p.parts[0].since)
		for _, part := range p.parts {
			p.performances += a.joined(part.since, part.until)
			p.listened += a.listened(part.since, part.until)
		}
	}
	return nil
}
