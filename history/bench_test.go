package history

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/conf"
)

// A year of a station with a million stays of listeners on three mounts, a
// title every three and a half minutes and a sample every minute.
const yearOfStays = 1_000_000

var newYear = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// BenchmarkReports makes reports of a month in the middle of such a year, and of
// the year.
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

// makeYear writes the year into a file.
func makeYear(b *testing.B, c conf.History) {
	b.Helper()
	s := New(c, zap.NewNop())
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
		put(Listening{
			Mount:  mounts[random.IntN(3)],
			Since:  newYear.Add(time.Duration(i) * (365 * 24 * time.Hour / yearOfStays)),
			Stayed: time.Duration(random.ExpFloat64() * float64(40*time.Minute)),
			Addr:   fmt.Sprintf("192.0.2.%d", random.IntN(50_000)), Agent: fmt.Sprintf("Player-%d/1.0", random.IntN(300)),
			Bytes: 1, Reason: "left",
		})
	}
	for at := newYear; at.Before(newYear.AddDate(1, 0, 0)); at = at.Add(3*time.Minute + 30*time.Second) {
		put(Track{mounts[0], fmt.Sprintf("Artist - Title %d", random.IntN(5000)), at, 10})
	}
	for at := newYear; at.Before(newYear.AddDate(1, 0, 0)); at = at.Add(time.Minute) {
		put(sampled{at, map[string]int{"/a": random.IntN(100), "/b": random.IntN(100), "/c": random.IntN(100)}})
	}
	if err := w.write(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkLeaves tells of leaves as fast as they fit into the queue.
func BenchmarkLeaves(b *testing.B) {
	r := start(b, inFile(b))
	l := stayed("1", 0, 10)
	b.ResetTimer()
	for n := range b.N {
		for len(r.queue) == queued {
			time.Sleep(time.Millisecond)
		}
		l.Addr = fmt.Sprint(n)
		r.Listened(l)
	}
	r.stop()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "leaves/s")
	if n := r.log.FilterMessageSnippet("could not keep up").Len(); n > 0 {
		b.Error("leaves were lost")
	}
}

// BenchmarkTelling is what a leave costs the goroutine that tells of it.
func BenchmarkTelling(b *testing.B) {
	s := New(conf.History{}, zap.NewNop())
	l := stayed("1", 0, 10)
	for range b.N {
		s.Listened(l)
	}
}
