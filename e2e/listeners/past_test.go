package listeners

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// perSecond is how many frames play in a second.
var perSecond = float64(time.Second) / float64(harness.Header128.Duration())

// A player that asks for the past hears it from there on, frame by frame and with the titles
// of then, also after a restart of the server.
func TestListenersInThePast(t *testing.T) {
	t.Parallel()
	config := harness.Config + "[[mount]]\nname = '/live'\nrewind = '1h'\nrewind_dir = '" + t.TempDir() + "'\n"
	r := harness.Start(t, config)
	play := func(r *harness.Relay, first uint64) (e *harness.Encoder, end func()) {
		e = r.Encode(t, "/live")
		e.Sent = first
		stop, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			e.Play(stop)
		}()
		return e, func() {
			close(stop)
			<-ended
		}
	}
	began := time.Now()
	_, end := play(r, 0)
	harness.Eventually(t, "the source", func() bool { return len(r.Sources(t)) == 1 })
	r.SetTitle(t, "/live", "A - One")
	time.Sleep(time.Until(began.Add(10 * time.Second))) // a time of the programme, not a wait for something
	r.SetTitle(t, "/live", "B - Two")
	time.Sleep(time.Until(began.Add(26 * time.Second)))

	// inRow reads n frames, which must follow each other, and returns the number of the first.
	inRow := func(p *harness.Player, n int) (first uint64) {
		t.Helper()
		for i := range uint64(n) {
			got, err := p.Number()
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = got
			}
			if got != first+i {
				t.Fatalf("frame %d follows %d", got, first+i-1)
			}
		}
		return first
	}
	at := func(when time.Time) float64 { return when.Sub(began).Seconds() * perSecond }
	near := func(what string, got uint64, want float64) {
		t.Helper()
		if off := float64(got) - want; off < -2*perSecond || off > 2*perSecond {
			t.Errorf("%s: frame %d, want about %.0f", what, got, want)
		}
	}
	asked := time.Now()
	past := r.Tune(t, "/live?start=-20", "Icy-MetaData: 1")
	near("20 s ago", inRow(past, 300), at(asked.Add(-20*time.Second)))
	if want := "A - One"; len(past.Titles) == 0 || past.Titles[0] != want {
		t.Errorf("titles %q, want %q first", past.Titles, want)
	}
	inRow(past, 300)
	harness.Eventually(t, "the second title", func() bool {
		inRow(past, 10)
		return past.Title == "B - Two"
	})
	near("the title before", inRow(r.Tune(t, "/live?title=0"), 200), at(began.Add(10*time.Second)))
	near("an absolute time", inRow(r.Tune(t, "/live?start="+fmt.Sprint(began.Add(8*time.Second).Unix())), 50), at(began.Add(8*time.Second)))
	near("a century ago", inRow(r.Tune(t, "/live?start=1926-01-01T00:00:00Z"), 50), 0)
	newest := at(time.Now().Add(-5 * time.Second))
	for _, start := range []string{"0", "2126-01-01T00:00:00Z"} {
		near("start="+start, inRow(r.Tune(t, "/live?start="+start), 50), newest)
	}
	if list := r.Clients(t, "/live"); len(list.Source) != 1 || list.Source[0].Count < 5 {
		t.Errorf("listeners: %+v", list)
	}
	for _, query := range []string{"start=x", "start=1h", "title=x", "title=9"} {
		p := r.Ask(t, "GET /live?"+query+" HTTP/1.0\r\n\r\n")
		if body, _ := io.ReadAll(p); !strings.HasPrefix(p.Status, "HTTP/1.0 400 ") || len(body) < 20 {
			t.Errorf("%s: %s %q", query, p.Status, body)
		}
	}
	end()
	if err := r.Stop(t); err != nil {
		t.Fatal(err)
	}

	again := harness.Start(t, config)
	_, end = play(again, 1_000_000)
	defer end()
	harness.Eventually(t, "the source", func() bool { return len(again.Sources(t)) == 1 })
	near("before the restart", inRow(again.Tune(t, "/live?start="+fmt.Sprint(began.Add(15*time.Second).Unix())), 100), at(began.Add(15*time.Second)))
}
