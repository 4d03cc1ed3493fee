package mounts

import "time"

// Reception describes how well the stream of a source arrives, since it connected.
//
// A gap is more than a second in which no audio came although some was due. Time for
// which the last second had brought audio in advance does not count.
type Reception struct {
	Gaps       int64   `json:"gaps"`        // includes one that still lasts
	LongestGap float64 `json:"longest_gap"` // seconds
	Missing    float64 `json:"missing"`     // seconds, total of all gaps

	// Jitter is how unevenly audio arrives, in milliseconds: the deviation of arrival
	// from play time between two reads, smoothed as in RFC 3550 §6.4.1, without the
	// part that may come from infrequent reads.
	Jitter float64 `json:"jitter_ms"`

	// BitRate is the audio that arrived in the last ten whole seconds, in kbit/s; fewer
	// seconds for a new source. For a source that keeps up it is the bit rate of its
	// stream.
	BitRate int  `json:"bitrate"`
	TooSlow bool `json:"too_slow"` // for a while, less audio has arrived than is played

	Resyncs int64 `json:"resyncs"` // how often the reader lost its place in the stream of units
	Garbage int64 `json:"garbage"` // bytes that were neither unit nor tag

	// Seconds is the audio that arrived in each of the last 120 whole seconds, in
	// milliseconds, oldest first; fewer values for a new source.
	Seconds []int `json:"seconds"`
}

// Portion is the result of one read from a source.
type Portion struct {
	Audio   time.Duration // in whole units
	Bytes   int64         // of these units
	Resyncs int64         // see Reception
	Garbage int64         // bytes
}

// Heard records the result of a read from the source.
func (in *Input) Heard(p Portion) {
	m := in.Mount
	defer m.registry.held.Write()
	m.mu.Lock()
	defer m.mu.Unlock()
	a := in.jitter
	if a == nil || in.ended {
		return
	}
	gap := a.take(time.Now(), p)
	m.totals.hear(p, gap)
	if a.weigh() {
		in.tellSpeed()
	}
}

// Reception returns how well the input's stream arrives; nil for all inputs but live
// sources and relays.
func (in *Input) Reception() *Reception {
	in.Mount.mu.Lock()
	defer in.Mount.mu.Unlock()
	return in.reception()
}

func (in *Input) reception() *Reception {
	if in.jitter == nil {
		return nil
	}
	r := in.jitter.reception(time.Now())
	return &r
}

// rest means that no more audio is due for now. m.mu is held.
func (in *Input) rest() {
	if in.jitter != nil {
		in.Mount.totals.hear(Portion{}, in.jitter.rest(time.Now()))
	}
}
