//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Intervals of the events in a soak, in addition to listeners that join and leave.
const (
	soakTitles   = 20 * time.Millisecond // between titles
	soakDrops    = 2 * time.Second       // between sources that break off within a frame
	soakReloads  = 5 * time.Second       // between configurations
	soakRequests = 100 * time.Millisecond
	soakSamples  = 60 // in total
)

// soak runs relay for a long time under everything that happens in a year, then without
// listeners, and checks whether anything grows.
func (b *bench) soak(ctx context.Context) error {
	s, err := startRelay(ctx, b.dir, b.cert)
	if err != nil {
		return err
	}
	defer s.stop()
	plan := b.plan()
	plan.Listeners, plan.Churn, plan.Measure = 500, 200, b.duration
	working, stop := context.WithCancel(ctx)
	var work sync.WaitGroup
	t := &trouble{subject: s, config: b.dir + "/relay.toml"}
	if t.text, err = os.ReadFile(t.config); err != nil {
		stop()
		return err
	}
	t.text = append(t.text, holding...)
	t.reload(3) // the original configuration
	every := func(pause time.Duration, do func(n int)) {
		work.Go(func() {
			tick := time.NewTicker(pause)
			defer tick.Stop()
			for n := 0; ; n++ {
				select {
				case <-tick.C:
					do(n)
				case <-working.Done():
					return
				}
			}
		})
	}
	every(soakTitles, t.title)
	every(soakDrops, func(n int) { t.drop(working, n) })
	every(soakReloads, t.reload)
	every(soakRequests, t.request)
	work.Go(func() { t.comeBack(working, plan.Measure/16) })
	for range soakStalled {
		work.Go(func() { t.stall(working, plan.Measure/16) })
	}
	var samples []sample
	every(plan.Measure/soakSamples, func(int) {
		one := sample{s.memory(), openFiles(s.pid), s.goroutines(), threads(s.pid)}
		samples = append(samples, one)
		progress("soak: %.1f MiB, %d descriptors, %d goroutines, %d threads", float64(one.memory)/(1<<20), one.files, one.goroutines, one.threads)
	})
	r, err := measure(ctx, s, fmt.Sprintf("%d stay, %d a second come and go", plan.Listeners, plan.Churn), plan)
	stop()
	work.Wait()
	if err != nil {
		return err
	}
	left, err := deserted(ctx, s, plan.Measure/8)
	if err != nil {
		return err
	}
	b.results = append(b.results, r)
	b.verdicts = append(b.verdicts, soundFor(r, flushMax.Seconds())...)
	b.verdicts = append(b.verdicts, flat(samples, memoryHeld("after collection"),
		figure{"descriptors", "", 1, 20, func(s sample) float64 { return float64(s.files) }},
		figure{"goroutines", "", 1, 20, func(s sample) float64 { return float64(s.goroutines) }},
		figure{"threads", "", 1, 2, func(s sample) float64 { return float64(s.threads) }})...)
	b.verdicts = append(b.verdicts, flat(left, memoryHeld("when deserted"))...)
	b.verdicts = append(b.verdicts, verdict{"titles, drops, reloads and requests that failed", fmt.Sprintf("%d of %d", t.failed, t.done), "none", t.failed == 0})
	return nil
}

// sample is the size of a server's resources at one moment.
type sample struct {
	memory                     int64 // bytes of heap and stacks after a collection
	files, goroutines, threads int
}

// figure is a value of a sample, and the amount by which it may grow.
type figure struct {
	what, unit   string
	scale, slack float64
	of           func(sample) float64
}

func memoryHeld(when string) figure {
	return figure{"memory " + when, " MiB", 1 << 20, 1, func(s sample) float64 { return float64(s.memory) }}
}

// flat compares the last quarter of a soak with the second quarter, by which time
// everything has been used once.
func flat(samples []sample, figures ...figure) (list []verdict) {
	if len(samples) < 8 {
		return []verdict{{"samples", fmt.Sprint(len(samples)), "at least 8", false}}
	}
	quarter := len(samples) / 4
	early, late := samples[quarter:2*quarter], samples[len(samples)-quarter:]
	for _, f := range figures {
		mean := func(list []sample) (sum float64) {
			for _, s := range list {
				sum += f.of(s) / f.scale
			}
			return sum / float64(len(list))
		}
		before, after := mean(early), mean(late)
		list = append(list, verdict{f.what + ", second quarter and last", fmt.Sprintf("%.1f and %.1f%s", before, after, f.unit),
			fmt.Sprintf("at most %.3g%s more", f.slack, f.unit), after-before <= f.slack})
	}
	return list
}

// trouble simulates the effects of DJs, operators and lines on a server.
type trouble struct {
	subject *subject
	config  string
	text    []byte // the original configuration

	mu           sync.Mutex
	done, failed int
}

func (t *trouble) count(err error) {
	t.mu.Lock()
	t.done++
	if err != nil {
		t.failed++
	}
	t.mu.Unlock()
	if err != nil {
		progress("soak: %v", err)
	}
}

// title sets another title, some of them long.
func (t *trouble) title(n int) {
	text := fmt.Sprintf("Title %d %s", n, strings.Repeat("ä", n%300))
	t.get("/admin/metadata?mode=updinfo&mount=/bench&song="+url.QueryEscape(text), "source")
}

// request requests one of the pages that people and programs use.
func (t *trouble) request(n int) {
	pages := []string{"/", "/admin/stats", "/status-json.xsl", "/metrics", "/bench.m3u", "/admin/listclients?mount=/bench", "/healthz"}
	t.get(pages[n%len(pages)], "admin")
}

func (t *trouble) get(path, user string) {
	req, err := http.NewRequest("GET", "http://"+t.subject.addr+path, nil)
	if err != nil {
		t.count(err)
		return
	}
	req.SetBasicAuth(user, password)
	answer, err := http.DefaultClient.Do(req)
	if err == nil {
		_, err = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s", path, answer.Status)
		}
	}
	t.count(err)
}

// drop connects a source to one of two mounts, one that remains between sources and one
// that is forgotten, and cuts the connection in the middle of a frame.
func (t *trouble) drop(ctx context.Context, n int) {
	mount := "/dropped"
	if n%2 == 1 {
		mount = fmt.Sprintf("/dropped-%d", n)
	}
	playing, cut := context.WithTimeout(ctx, soakDrops/2)
	defer cut()
	f, err := startFeeder(playing, t.subject, mount)
	if err == nil {
		<-playing.Done()
		f.conn.Write([]byte{0xff, 0xfb, 0x90})
	}
	t.count(err)
}

// reload makes the server read another configuration, which is sometimes invalid.
func (t *trouble) reload(n int) {
	text := append([]byte(nil), t.text...)
	switch n % 4 {
	case 0:
		text = fmt.Appendf(text, "[[mount]]\nname = '/bench'\ntitle = 'Soak %d'\n[[mount]]\nname = '/quiet'\nsilence = true\n", n)
	case 1:
		text = append(text, "[[mount]]\nname = '/bench'\nfallbacks = ['/quiet']\n[[mount]]\nname = '/quiet'\nsilence = true\n"...)
	case 2:
		text = append(text, "this is not TOML"...)
	}
	err := os.WriteFile(t.config, text, 0o600)
	if err == nil {
		err = syscall.Kill(t.subject.pid, syscall.SIGHUP)
	}
	t.count(err)
}
