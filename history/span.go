package history

import (
	"cmp"
	"context"
	"math"
	"time"
)

// Span selects the mount and time of a report.
type Span struct {
	Mount string    // empty: all mounts
	From  time.Time // zero: the beginning
	To    time.Time // exclusive; zero or in the future: now
}

// span is a Span with the database's times.
type span struct {
	mount    string // empty: all mounts
	from, to int64
}

// in fills in the open ends of a Span.
func (s Span) in(ctx context.Context, d *reading) (span, error) {
	w := span{mount: s.Mount, from: s.From.UnixMilli(), to: d.now}
	if !s.To.IsZero() {
		w.to = min(w.to, s.To.UnixMilli())
	}
	if !s.From.IsZero() {
		return w, nil
	}
	return w, d.read.QueryRowContext(ctx, `SELECT coalesce(min(first), ?) FROM (
		SELECT min(since) AS first FROM listening UNION ALL SELECT min(since) FROM titles UNION ALL
		SELECT min(since) FROM sources UNION ALL SELECT min(at) FROM samples UNION ALL
		SELECT min(since) FROM brief UNION ALL SELECT min(since) FROM uptimes)`, w.to).Scan(&w.from)
}

// has reports whether a mount is selected.
func (w span) has(mount string) bool { return w.mount == "" || w.mount == mount }

// clip returns the part of a time inside the span; it is empty if until is not after
// since.
func (w span) clip(since, until int64) (int64, int64) { return max(since, w.from), min(until, w.to) }

// moment converts a time of the database for reports.
func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC().Truncate(time.Second) }

func seconds(ms int64) float64 { return float64(ms) / 1000 }

func hours(ms int64) float64 { return rounded(float64(ms) / 3_600_000) }

// per returns n/of, or 0 if of is 0.
func per(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return rounded(float64(n) / float64(of))
}

// rounded rounds to four decimal places, a third of a second of an hour.
func rounded(x float64) float64 { return math.Round(x*10_000) / 10_000 }

// descending orders by numbers, the largest first, then by names.
func descending[N cmp.Ordered](a, b N, nameA, nameB string) int {
	return cmp.Or(cmp.Compare(b, a), cmp.Compare(nameA, nameB))
}
