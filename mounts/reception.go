package mounts

import "time"

// Reception says how well the stream of a source arrives, since the source was
// connected.
//
// A gap is more than a second in which no audio came although some was due: not
// counted is the time for which the last second had brought audio ahead.
type Reception struct {
	Gaps       int64   `json:"gaps"`        // one that lasts is counted already
	LongestGap float64 `json:"longest_gap"` // seconds
	Missing    float64 `json:"missing"`     // seconds, of all gaps together

	// Jitter is how unevenly audio comes, in milliseconds: the deviation of
	// arrival from play time between two reads, smoothed as in RFC 3550 §6.4.1.
	// What may come of reading only now and then is left out.
	Jitter float64 `json:"jitter_ms"`

	Resyncs int64 `json:"resyncs"` // how often the stream of frames was lost
	Garbage int64 `json:"garbage"` // bytes that were neither frame nor tag

	// Seconds is how much audio came in each of the last 120 whole seconds, in
	// milliseconds, oldest first; fewer for a source that has just come.
	Seconds []int `json:"seconds"`
}

// Portion is what one read of a source brought.
type Portion struct {
	Audio   time.Duration // in whole frames
	Resyncs int64         // see Reception
	Garbage int64         // bytes
}

// Heard notes what a read of the source brought.
func (in *Input) Heard(p Portion) {
	m := in.Mount
	m.mu.Lock()
	defer m.mu.Unlock()
	if in.arrivals == nil || in.ended {
		return
	}
	gap := in.arrivals.take(time.Now(), p)
	m.totals.hear(p, gap)
}

// Reception returns how the input's stream arrives; nil for all inputs but live
// sources and relays.
func (in *Input) Reception() *Reception {
	in.Mount.mu.Lock()
	defer in.Mount.mu.Unlock()
	return in.reception()
}

func (in *Input) reception() *Reception {
	if in.arrivals == nil {
		return nil
	}
	r := in.arrivals.reception(time.Now())
	return &r
}

// rest says that nothing more is due for now. m.mu is held.
func (in *Input) rest() {
	if in.arrivals != nil {
		in.Mount.totals.hear(Portion{}, in.arrivals.rest(time.Now()))
	}
}
