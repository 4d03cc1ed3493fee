package ogg

import "relay/codec"

// unitRate is how many units there are at least in a second of short packets: a unit of
// more than one packet lasts at most 200 ms.
const unitRate = 5

// queued is an audio packet to be released.
type queued struct {
	span
	spread  bool // it is in Framer.spread instead
	gap     bool // the packet before it was lost
	samples int
	last    int // samples of the packet before it; 0: unknown
}

// push puts a whole packet into the queue.
func (f *Framer) push(data []byte, q queued) {
	if len(data) == 0 {
		return
	}
	n, ok := f.link.mapping.samples(data)
	if !ok {
		f.waste(len(data))
		f.lost = true
		return
	}
	if f.lost {
		f.last = 0
	}
	q.gap, q.samples, q.last = f.lost, n, f.last
	f.lost, f.last = false, n
	f.queue = append(f.queue, q)
}

// release makes a unit of the first packets in the queue.
func (f *Framer) release() codec.Unit {
	l := f.link
	first := f.queue[f.done]
	u := codec.Unit{Format: l.format, Gap: first.gap, Tags: l.tags}
	l.tags = nil
	f.list = f.list[:0]
	n, sum, heard, room := 0, 0, 0, maxSegments
	for _, q := range f.queue[f.done:] {
		data := f.spread
		if !q.spread {
			data = f.buf[f.at+q.from : f.at+q.to]
		}
		size := segments(len(data))
		if l.format.Codec == FLAC {
			// The splicer may give the frame a longer number.
			h, _ := parseFrame(data)
			size = segments(len(data) - h.numberSize + maxNumberSize)
		}
		// The limits depend on nothing before the page.
		if n > 0 && (q.gap || first.spread || size > room || (sum+q.samples)*unitRate > l.format.SampleRate) {
			break
		}
		f.list = append(f.list, packet{data: data})
		sum += q.samples
		heard += joined(l.mapping, q.last, q.samples)
		room -= size
		n++
	}
	f.done += n
	f.out = new(pager).append(f.out[:0], 0, f.list)
	f.stats.Units++
	u.Data, u.Length = f.out, length(heard, l.format.SampleRate)
	return u
}

// joined returns how many samples a packet of n samples adds to a stream after one of
// last samples. If packets overlap, nothing is heard of the very first one. It counts all
// the same, since units without a length and pages at position 0 confuse other programs:
// the audio then begins a little later than 0, as it does for each listener who joins in
// mid-stream.
func joined(m mapping, last, n int) int {
	if !m.overlaps() || last == 0 {
		return n
	}
	return (last + n) / 2
}
