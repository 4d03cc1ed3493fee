package frames

import (
	"bytes"

	"relay/codec"
	"relay/codec/tag"
)

// An Input is a stream of frames, as its bytes arrive, up to the frame that is looked at. It
// skips tags. A tag is skipped for the length it gives, cover art included, unless a row of
// frames is found inside it: then its length was wrong, and the stream continues at that
// row. The zero value is ready to use.
//
// It keeps at most the largest Write and a dozen frames, provided that its user takes or
// skips all that it can judge.
type Input struct {
	buf      []byte
	at       int // buf[:at] is used up
	tag      int // bytes of a tag still to be skipped
	synced   bool
	lost     bool // the next frame does not continue the last one
	started  bool // a frame has come out
	finished bool
	stats    codec.Stats
}

// Write adds p to the input. It does not keep p, and never fails.
func (in *Input) Write(p []byte) (int, error) {
	if in.at > 0 {
		in.buf = in.buf[:copy(in.buf, in.buf[in.at:])]
		in.at = 0
	}
	in.buf = append(in.buf, p...)
	return len(p), nil
}

// Finish marks the end of the input.
func (in *Input) Finish() { in.finished = true }

// Finished reports whether the input has ended.
func (in *Input) Finished() bool { return in.finished }

// Reset makes the input ready for another stream. The counts continue.
func (in *Input) Reset() { *in = Input{buf: in.buf[:0], stats: in.stats} }

// Stats returns the counts so far.
func (in *Input) Stats() codec.Stats { return in.stats }

// Kept returns how much memory the input holds, in bytes.
func (in *Input) Kept() int { return cap(in.buf) }

// AtStart reports whether nothing but tags has come yet.
func (in *Input) AtStart() bool { return !in.started && !in.lost }

// Started reports whether a frame has been taken.
func (in *Input) Started() bool { return in.started }

// Next skips tags and returns the bytes from there on, where a frame should begin. It
// returns none if more bytes are needed.
func (in *Input) Next(h *Header) []byte {
	for in.at < len(in.buf) {
		if in.tag > 0 {
			if !in.passTag(h) {
				return nil
			}
			continue
		}
		b := in.buf[in.at:]
		if !in.mayBeTag(b) {
			return b
		}
		size, more := tag.Size(b)
		switch {
		case more && !in.finished:
			return nil
		case size == 0:
			return b
		}
		in.tag = size
	}
	return nil
}

// Judge decides whether b, which Next returned, begins with a frame.
func (in *Input) Judge(h *Header, b []byte) Verdict {
	look := firstLook
	if in.synced {
		look = nextLook
	}
	return h.judge(b, look, in.finished)
}

// Take passes a frame of some bytes. gap reports whether it does not continue the last one.
func (in *Input) Take(size int) (gap bool) {
	gap = in.lost || !in.started
	in.at += size
	in.synced, in.lost, in.started = true, false, true
	in.stats.Units++
	return gap
}

// Leave passes a frame of some bytes that has no audio: it counts as a tag.
func (in *Input) Leave(size int) {
	in.at += size
	in.synced = true
	in.stats.Tags += int64(size)
}

// Break makes the next frame one that does not continue the last one.
func (in *Input) Break() { in.lost = true }

// Lose gives up the place in the stream, and skips n bytes of garbage. The bytes that follow
// must be proved to be frames again, and the first of them gets a gap.
func (in *Input) Lose(n int) {
	in.lose()
	in.Skip(n)
}

func (in *Input) lose() {
	if in.synced {
		in.stats.Resyncs++
	}
	in.synced, in.lost = false, true
}

// Skip skips n bytes of garbage.
func (in *Input) Skip(n int) {
	in.at += n
	in.stats.Garbage += int64(n)
}

// mayBeTag reports whether to look for a tag at b: for any kind where a frame should
// begin, but in garbage only for ID3v2, whose head is too long to occur by chance.
func (in *Input) mayBeTag(b []byte) bool {
	return in.synced || in.AtStart() || b[0] == tag.ID3v2[0]
}

// passTag skips the bytes of a tag that have arrived, but searches them for frames
// first: a size may be wrong or accidental, and must not silence a live stream. It
// reports whether there was anything to skip.
func (in *Input) passTag(h *Header) bool {
	b := in.buf[in.at:]
	complete := in.tag <= len(b)
	if complete {
		b = b[:in.tag]
	}
	for n := 0; ; n++ {
		i := bytes.IndexByte(b[n:], h.Sync)
		if i < 0 {
			return in.skipTag(len(b))
		}
		n += i
		row, _, why := h.Row(b[n:], tagLook)
		open := why == Short && !complete
		switch {
		case open && !in.finished:
			return in.skipTag(n)
		case why == Enough, open && row >= firstLook:
			in.skipTag(n)
			in.tag = 0
			in.lose()
			return true
		}
	}
}

func (in *Input) skipTag(n int) bool {
	in.at += n
	in.tag -= n
	in.stats.Tags += int64(n)
	return n > 0
}
