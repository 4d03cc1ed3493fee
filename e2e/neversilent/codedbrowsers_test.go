package neversilent

import (
	"fmt"
	"testing"
	"time"

	"relay/e2e/harness"
)

// The plain audio elements of browsers play on through changes: titles, each of which
// begins a new link where the codec has links, and new encoders.
func TestCodedBrowsers(t *testing.T) {
	t.Parallel()
	const linkLength, titles = time.Second, 4
	changes := 5
	if harness.Long() {
		changes = 20
	}
	for _, c := range harness.BesideMP3 { // one after the other: browsers need a processor each
		t.Run(c.String(), func(t *testing.T) {
			r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\ntakeover = 'newest'\n")
			var links [][]byte
			for n := range titles {
				links = append(links, c.Tone(t, 400+50*n, linkLength, fmt.Sprintf("title %d", n)))
			}
			encoder := func(n int) {
				name := fmt.Sprintf("encoder %d", n)
				harness.Send(t, c.Encode(t, r, "/live", "ice-name: "+name), linkLength, links...)
				harness.Eventually(t, name, playing(t, r, "/live", name))
			}
			encoder(0)
			harness.Eventually(t, "the first encoder", plays(t, r, "/live", "live"))
			var browsers []*browser
			for _, program := range []harness.Browser{harness.Chromium, harness.Firefox} {
				browsers = append(browsers, startBrowser(t, r, program, "/live"))
			}
			playOn(t, "at the beginning", browsers)
			for n := range changes {
				switch last := r.Source(t, "/live").Title; {
				case n%5 == 4:
					encoder(n)
				case c.IsOgg():
					harness.Eventually(t, "the title of the next link", func() bool { return r.Source(t, "/live").Title != last })
				default:
					r.SetTitle(t, "/live", fmt.Sprintf("title %d", n))
				}
				playOn(t, fmt.Sprintf("after change %d", n+1), browsers)
			}
		})
	}
}

// playOn is playsOn for several browsers at the same time.
func playOn(t *testing.T, when string, browsers []*browser) {
	t.Helper()
	before := make([]float64, len(browsers))
	for i, b := range browsers {
		before[i], _ = b.is()
	}
	for i, b := range browsers {
		harness.Eventually(t, b.name+" playing "+when, func() bool {
			at, problem := b.is()
			if problem != "" {
				t.Fatalf("%s, %s, at %.1f s: %s", b.name, when, at, problem)
			}
			return at >= before[i]+1
		})
	}
}
