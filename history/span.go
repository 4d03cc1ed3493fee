package history

import (
	"cmp"
	"context"
	"math"
	"time"
)

// Span says what a report is about.
type Span struct {
	Mount string    // empty: all
	From  time.Time // zero: the beginning
	To    time.Time // not in it; zero, or one that is still to come: now
}

// span is a Span in the terms of the database.
type span struct {
	mount    string // empty: all
	from, to int64
}

// in resolves what is left open in a Span.
func (s Span) in(ctx context.Context, d *database) (span, error) {
	w := span{mount: s.Mount, from: s.From.UnixMilli(), to: time.Now().UnixMilli()}
	if !s.To.IsZero() {
		w.to = min(w.to, s.To.UnixMilli())
	}
	if !s.From.IsZero() {
		return w, nil
	}
	return w, d.read.QueryRowContext(ctx, `SELECT coalesce(min(first), ?) FROM (
		SELECT min(since) AS first FROM listening UNION ALL SELECT min(since) FROM titles UNION ALL
		SELECT min(since) FROM sources UNION ALL SELECT min(at) FROM samples UNION ALL
		SELECT min(since) FROM brief)`, w.to).Scan(&w.from)
}

// has reports whether a mount is in it.
func (w span) has(mount string) bool { return w.mount == "" || w.mount == mount }

// clip is the part of a time that lies inside; none, if until is not after since.
func (w span) clip(since, until int64) (int64, int64) { return max(since, w.from), min(until, w.to) }

// moment is a time of the database as reports show it.
func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC().Truncate(time.Second) }

func seconds(ms int64) float64 { return float64(ms) / 1000 }

func hours(ms int64) float64 { return rounded(float64(ms) / 3_600_000) }

// per is a share, or 0 of nothing.
func per(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return rounded(float64(n) / float64(of))
}

// rounded keeps four places, which is a third of a second of an hour.
func rounded(x float64) float64 { return math.Round(x*10_000) / 10_000 }

// descending orders by numbers, the largest first, and then by names.
func descending[N cmp.Ordered](a, b N, nameA, nameB string) int {
	return cmp.Or(cmp.Compare(b, a), cmp.Compare(nameA, nameB))
}
