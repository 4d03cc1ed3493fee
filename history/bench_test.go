package history

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/clock"
)

// yearOfStays is the size of the benchmark's year: a million stays on three mounts,
// with a title every three and a half minutes and a sample every minute.
const yearOfStays = 1_000_000

var newYear = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// BenchmarkReports makes reports of a month in the middle of such a year, and of the
// whole year.
func BenchmarkReports(b *testing.B) {
	c := inFile(b)
	makeYear(b, c)
	info, err := os.Stat(c.File)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d stays take %d MB on disk", yearOfStays, info.Size()>>20)
	r := start(b, c)
	june := Span{From: newYear.AddDate(0, 5, 0), To: newYear.AddDate(0, 6, 0)}
	ctx := context.Background()
	for _, span := range []struct {
		name string
		Span
		step time.Duration
	}{
		{"month", june, time.Hour},
		{"month-of-one-mount", Span{Mount: "/a", From: june.From, To: june.To}, time.Hour},
		{"year", Span{From: newYear, To: newYear.AddDate(1, 0, 0)}, 24 * time.Hour},
	} {
		for _, report := range []struct {
			name string
			rows func() (int, error)
		}{
			{"listening", func() (int, error) { list, err := r.Listening(ctx, span.Span); return len(list), err }},
			{"titles", func() (int, error) { list, _, err := r.Titles(ctx, span.Span, 0, 0); return len(list), err }},
			{"first-100-titles", func() (int, error) { list, _, err := r.Titles(ctx, span.Span, 0, 100); return len(list), err }},
			{"players", func() (int, error) { list, err := r.Players(ctx, span.Span); return len(list), err }},
			{"curve", func() (int, error) { list, err := r.Curve(ctx, span.Span, span.step); return len(list), err }},
		} {
			b.Run(span.name+"/"+report.name, func(b *testing.B) {
				for range b.N {
					if n, err := report.rows(); n == 0 || err != nil {
						b.Fatalf("%d rows, %v", n, err)
					}
				}
			})
		}
	}
}

// makeYear writes such a year to a file.
func makeYear(b *testing.B, c conf.History) {
	b.Helper()
	s := New(c, nil, clock.New(zap.NewNop()), zap.NewNop())
	w := newWriter(s)
	defer w.close("")
	put := func(e entry) {
		w.batch = append(w.batch, e)
		if len(w.batch) >= batchMost {
			if err := w.write(); err != nil {
				b.Fatal(err)
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	mounts := []string{"/a", "/b", "/c"}
	for i := range yearOfStays {
		put(Session{
			Mount:  mounts[random.IntN(3)],
			Since:  newYear.Add(time.Duration(i) * (365 * 24 * time.Hour / yearOfStays)),
			Stayed: time.Duration(random.ExpFloat64() * float64(40*time.Minute)),
			Addr:   numbered(random.IntN(50_000)), Agent: fmt.Sprintf("Player-%d/1.0", random.IntN(300)),
			Bytes: 1, Reason: "left",
		})
	}
	for at := newYear; at.Before(newYear.AddDate(1, 0, 0)); at = at.Add(3*time.Minute + 30*time.Second) {
		put(Track{mounts[0], random.Int64(), fmt.Sprintf("Artist - Title %d", random.IntN(5000)), at, 10})
	}
	for at := newYear; at.Before(newYear.AddDate(1, 0, 0)); at = at.Add(time.Minute) {
		put(sampled{at, map[string]int{"/a": random.IntN(100), "/b": random.IntN(100), "/c": random.IntN(100)}})
	}
	if err := w.write(); err != nil {
		b.Fatal(err)
	}
}

// numbered returns one of 2^24 addresses.
func numbered(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
}

// BenchmarkLeaves queues leaving listeners as fast as the queue accepts them.
func BenchmarkLeaves(b *testing.B) {
	r := start(b, inFile(b))
	l := stayed("1", 0, 10)
	b.ResetTimer()
	for n := range b.N {
		for len(r.queue) == queued {
			time.Sleep(time.Millisecond)
		}
		l.Addr = numbered(n)
		r.Listened(l)
	}
	r.stop()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "leaves/s")
	if n := r.log.FilterMessageSnippet("could not keep up").Len(); n > 0 {
		b.Error("leaves were lost")
	}
}

// BenchmarkTelling measures what a leaving listener costs the goroutine that queues the
// entry.
func BenchmarkTelling(b *testing.B) {
	s := New(conf.History{}, nil, clock.New(zap.NewNop()), zap.NewNop())
	l := stayed("1", 0, 10)
	for range b.N {
		s.Listened(l)
	}
}
