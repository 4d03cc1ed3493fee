//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	// floorCadence is how often the floor writes to each listener: as often as servers do
	// that know nothing of what a listener holds.
	floorCadence = 500 * time.Millisecond

	// flushMax is relay's default, its longest interval between two flushes.
	flushMax = 2 * time.Second
)

// bench is a run of one mode.
type bench struct {
	listeners int
	duration  time.Duration
	warm      time.Duration // from the last join until the measurement
	servers   []string      // servers to measure; others have empty results
	dir       string
	cert      certificate
	peers     []*subject // running servers named on the command line
	results   []result
	verdicts  []verdict
}

// modes are the kinds of measurements, in the order of -mode all.
var modes = []struct {
	name, about string
	run         func(*bench, context.Context) error
}{
	{"steady", "listeners of one mount, opened gently", (*bench).steady},
	{"codecs", "listeners of MP3, AAC and Opus at the same bit rate", (*bench).codecs},
	{"icy", "the same with metadata on all listeners", (*bench).icy},
	{"growth", "cost per listener as they become more", (*bench).growth},
	{"storm", "all connect at once", (*bench).storm},
	{"hls", "listeners by HLS, and 500 mounts with it that nobody hears", (*bench).hls},
	{"slow", "listeners that read nothing, and others beside them", (*bench).slow},
	{"mounts", "500 sources with 10 listeners each", (*bench).mounts},
	{"tls", "2,000 listeners over TLS", (*bench).tls},
	{"soak", "everything that happens in a year, for as long as -t says", (*bench).soak},
	{"churn", "500 joins and leaves a second beside listeners that stay", (*bench).churn},
}

func (b *bench) plan() loadPlan {
	return loadPlan{
		Mounts: []string{"/bench"}, Listeners: b.listeners, OpenRate: 2000,
		Patience: 60 * time.Second, Warm: b.warm, Measure: b.duration,
	}
}

// relay, icecast and floor start a subject, measure it and stop it.
func (b *bench) relay(ctx context.Context, what string, plan loadPlan) (result, error) {
	if !slices.Contains(b.servers, "relay") {
		return result{}, nil
	}
	s, err := startRelay(ctx, b.dir, b.cert)
	return b.measure(ctx, s, err, what, plan)
}

func (b *bench) icecast(ctx context.Context, i icecast, what string, plan loadPlan) (result, error) {
	if !slices.Contains(b.servers, i.name) {
		return result{}, nil
	}
	s, err := startIcecast(ctx, i, b.dir, b.cert)
	if errors.Is(err, errNotInstalled) {
		progress("%s is not installed (%s): no comparison with it", i.name, i.install)
		return result{}, nil
	}
	return b.measure(ctx, s, err, what, plan)
}

func (b *bench) floor(ctx context.Context, what string, plan loadPlan) (result, error) {
	if !slices.Contains(b.servers, "floor") {
		return result{}, nil
	}
	s, err := startFloor(ctx, b.dir, floorCadence)
	return b.measure(ctx, s, err, what, plan)
}

func (b *bench) measure(ctx context.Context, s *subject, err error, what string, plan loadPlan) (result, error) {
	if err != nil {
		return result{}, err
	}
	defer s.stop()
	r, err := measure(ctx, s, what, plan)
	if err == nil {
		b.results = append(b.results, r)
	}
	return r, err
}

func (b *bench) steady(ctx context.Context) error {
	what := fmt.Sprintf("%d listeners", b.listeners)
	relay, err := b.relay(ctx, what, b.plan())
	if err != nil {
		return err
	}
	icecast, err := b.icecast(ctx, icecast2, what, b.plan())
	if err != nil {
		return err
	}
	kh, err := b.icecast(ctx, icecastKH, what, b.plan())
	if err != nil {
		return err
	}
	for _, peer := range b.peers {
		plan := b.plan()
		r, err := measure(ctx, peer, what, plan)
		if err != nil {
			return err
		}
		b.results = append(b.results, r)
		if peer.name == icecastKH.name {
			kh = r
		}
	}
	floor, err := b.floor(ctx, what, b.plan())
	if err != nil {
		return err
	}
	b.verdicts = append(b.verdicts,
		ratio("CPU per listener-second", relay.CPU, icecast.CPU, "icecast2", 0.18),
		ratio("CPU per listener-second", relay.CPU, kh.CPU, "icecast-kh", 0.25),
		ratio("CPU per listener-second", relay.CPU, floor.CPU, "the floor", 0.60),
		atMost("heap per listener", relay.Heap, "bytes", 512))
	b.verdicts = append(b.verdicts, soundFor(relay, flushMax.Seconds())...)
	return nil
}

func (b *bench) codecs(ctx context.Context) error {
	var results []result
	for _, key := range []string{"mp3", "aac", "opus"} {
		plan := b.plan()
		plan.Codec = key
		r, err := b.relay(ctx, key, plan)
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	b.verdicts = append(b.verdicts,
		ratio("CPU per listener-second of AAC", results[1].CPU, results[0].CPU, "MP3", 1.03),
		ratio("CPU per listener-second of Opus", results[2].CPU, results[0].CPU, "MP3", 1.03))
	for _, r := range results {
		b.verdicts = append(b.verdicts, soundFor(r, flushMax.Seconds())...)
	}
	return nil
}

func (b *bench) icy(ctx context.Context) error {
	plain, err := b.relay(ctx, "plain", b.plan())
	if err != nil {
		return err
	}
	plan := b.plan()
	plan.ICY = true
	icy, err := b.relay(ctx, "metadata", plan)
	if err != nil {
		return err
	}
	if _, err := b.icecast(ctx, icecast2, "metadata", plan); err != nil {
		return err
	}
	b.verdicts = append(b.verdicts, ratio("CPU with metadata", icy.CPU, plain.CPU, "without", 1.15))
	b.verdicts = append(b.verdicts, soundFor(icy, flushMax.Seconds())...)
	return nil
}

func (b *bench) growth(ctx context.Context) error {
	var first, last result
	for _, n := range []int{1000, 5000, 10000, 15000} {
		plan := b.plan()
		plan.Listeners = n
		r, err := b.relay(ctx, fmt.Sprintf("%d listeners", n), plan)
		if err != nil {
			return err
		}
		if first.Listeners == 0 {
			first = r
		}
		last = r
	}
	plan := b.plan()
	plan.Listeners = 5000
	icecast, err := b.icecast(ctx, icecast2, "5000 listeners", plan)
	if err != nil {
		return err
	}
	b.verdicts = append(b.verdicts,
		ratio("CPU per listener-second at 15,000", last.CPU, first.CPU, "that at 1,000", 1.10),
		ratio("CPU per listener-second at 15,000", last.CPU, icecast.CPU, "icecast2 at 5,000", 0.15))
	b.verdicts = append(b.verdicts, soundFor(last, flushMax.Seconds())...)
	return nil
}

func (b *bench) storm(ctx context.Context) error {
	plan := b.plan()
	plan.OpenRate, plan.Warm = 0, 5*time.Second
	relay, err := b.relay(ctx, "all at once", plan)
	if err != nil {
		return err
	}
	if _, err := b.icecast(ctx, icecast2, "all at once", plan); err != nil {
		return err
	}
	b.verdicts = append(b.verdicts, atMost("time to first audio, p99", relay.Load.FirstAudio.P99*1000, "ms", 700))
	b.verdicts = append(b.verdicts, soundFor(relay, flushMax.Seconds())...)
	return nil
}

func (b *bench) slow(ctx context.Context) error {
	plan := b.plan()
	plan.Silent = b.listeners
	plan.Listeners = b.listeners + 500
	plan.Warm = 10 * time.Second // until every buffer is full
	plan.Measure = min(b.duration, 10*time.Second)
	r, err := b.relay(ctx, fmt.Sprintf("%d read nothing, 500 read", b.listeners), plan)
	if err != nil {
		return err
	}
	b.verdicts = append(b.verdicts, atMost("kernel memory of one that reads nothing", r.KernelMemory/1024, "KiB", 128))
	b.verdicts = append(b.verdicts, soundFor(r, flushMax.Seconds())...)
	return nil
}

func (b *bench) mounts(ctx context.Context) error {
	plan := b.plan()
	plan.Mounts, plan.Listeners = manyMounts(), 5000
	relay, err := b.relay(ctx, "500 mounts with 10 each", plan)
	if err != nil {
		return err
	}
	icecast, err := b.icecast(ctx, icecast2, "500 mounts with 10 each", plan)
	if err != nil {
		return err
	}
	b.verdicts = append(b.verdicts, ratio("CPU, sources included", relay.CPU, icecast.CPU, "icecast2", 0.25))
	b.verdicts = append(b.verdicts, soundFor(relay, flushMax.Seconds())...)
	return nil
}

func manyMounts() (names []string) {
	for n := range 500 {
		names = append(names, fmt.Sprintf("/bench-%d", n))
	}
	return names
}

func (b *bench) tls(ctx context.Context) error {
	plan := b.plan()
	plan.TLS, plan.Listeners = true, 2000
	relay, err := b.relay(ctx, "TLS", plan)
	if err != nil {
		return err
	}
	icecast, err := b.icecast(ctx, icecast2, "TLS", plan)
	if err != nil {
		return err
	}
	b.verdicts = append(b.verdicts, ratio("CPU per listener-second", relay.CPU, icecast.CPU, "icecast2", 0.35))
	b.verdicts = append(b.verdicts, soundFor(relay, flushMax.Seconds())...)
	return nil
}

func (b *bench) churn(ctx context.Context) error {
	plan := b.plan()
	plan.Listeners, plan.Churn, plan.Warm = 1000, 500, 5*time.Second
	plan.Measure = max(b.duration, time.Minute)
	r, err := b.relay(ctx, "1,000 stay, 500 a second come and go", plan)
	if err != nil {
		return err
	}
	b.verdicts = append(b.verdicts, soundFor(r, flushMax.Seconds())...)
	b.verdicts = append(b.verdicts,
		verdict{"joins that had sound", fmt.Sprintf("%d of %d", r.Load.JoinsHeard, r.Load.Joined-plan.Churn), "all", r.Load.JoinsHeard >= r.Load.Joined-plan.Churn},
		atMost("memory left behind, of 30,000 joins", r.MemoryLeft/1024, "KiB", 1024),
		none("descriptors left behind", max(0, r.FilesAfter-r.FilesBefore)),
		none("goroutines left behind", max(0, r.GoroutinesAfter-r.GoroutinesBefore)))
	return nil
}
