package aac

import (
	"bytes"

	"relay/codec"
	"relay/codec/tag"
)

// framer cuts bytes into frames. It releases a frame once the next header, a tag or the
// end of the input stands where the frame should end. So a frame that has lost bytes is
// never released.
//
// Tags, garbage and incomplete frames are skipped. A tag is skipped for the length it
// gives, cover art included, unless a row of frames is found inside it: then its length
// was wrong, and the stream continues at that row.
//
// It keeps at most the largest Write and a dozen frames.
type framer struct {
	buf      []byte
	at       int // buf[:at] is used up
	tag      int // bytes of a tag still to be skipped
	run      run
	synced   bool
	lost     bool // the next frame does not continue the last one
	started  bool // a frame has come out
	finished bool
	stats    codec.Stats
	err      error
}

// Write adds p to the input.
func (f *framer) Write(p []byte) (int, error) {
	if f.at > 0 {
		f.buf = f.buf[:copy(f.buf, f.buf[f.at:])]
		f.at = 0
	}
	f.buf = append(f.buf, p...)
	return len(p), nil
}

func (f *framer) Finish() { f.finished = true }

func (f *framer) Stats() codec.Stats { return f.stats }

func (f *framer) Err() error { return f.err }

// Next returns the next frame.
func (f *framer) Next() (codec.Unit, bool) {
	for f.at < len(f.buf) {
		if f.tag > 0 {
			if !f.passTag() {
				break
			}
			continue
		}
		b := f.buf[f.at:]
		if f.err != nil {
			f.skipGarbage(len(b))
			break
		}
		if f.mayBeTag(b) {
			size, more := tag.Size(b)
			if more && !f.finished {
				break
			}
			if size > 0 {
				f.tag = size
				continue
			}
		}
		if f.atStart() {
			if len(b) < signatureSize && !f.finished {
				break
			}
			if f.err = foreignFile(b); f.err != nil {
				continue
			}
		}
		switch f.judge(b) {
		case unsure:
			return codec.Unit{}, false
		case noFrame:
			f.lose()
			f.skipGarbage(tag.Candidate(b, 0xff, latmSync))
			continue
		}
		h, _ := ParseHeader(b)
		if !f.follow(b, h) {
			break
		}
		u := codec.Unit{Format: f.run.format, Data: b[:h.Size:h.Size], Length: h.Duration(), Gap: f.lost || !f.started}
		f.at += h.Size
		f.synced, f.lost, f.started = true, false, true
		f.stats.Units++
		return u, true
	}
	return codec.Unit{}, false
}

// atStart reports whether nothing but tags has come yet.
func (f *framer) atStart() bool { return !f.started && !f.lost }

// judge decides whether b begins with a frame. Before the first frame, it also finds out
// whether the stream is in LATM: then it sets err, and is unsure.
func (f *framer) judge(b []byte) verdict {
	if f.synced {
		return judge(b, nextLook, f.finished)
	}
	v := judge(b, firstLook, f.finished)
	if v == noFrame && !f.started {
		if v = judgeLATM(b, f.finished); v == whole {
			f.err = errLATM
			return unsure
		}
	}
	return v
}

// follow makes sure that the run is that of the frame h at the start of b. It returns
// false if more bytes are needed.
func (f *framer) follow(b []byte, h Header) bool {
	channels := f.run.channels
	if h.Configuration == 0 {
		if c, ok := readConfig(b[h.payload():h.Size]); ok {
			channels = string(c.bytes)
		}
	}
	if f.run.isOf(h, channels) {
		return true
	}
	run, sure := newRun(b, h, channels, f.finished)
	if !sure {
		return false
	}
	f.run, f.lost = run, true
	return true
}

// lose gives up the place in the stream: the bytes that follow must be proved to be
// frames again, and the first of them gets a Gap.
func (f *framer) lose() {
	if f.synced {
		f.stats.Resyncs++
	}
	f.synced, f.lost = false, true
}

func (f *framer) skipGarbage(n int) {
	f.at += n
	f.stats.Garbage += int64(n)
}

// mayBeTag reports whether to look for a tag at b: for any kind where a frame should
// begin, but in garbage only for ID3v2, whose head is too long to occur by chance.
func (f *framer) mayBeTag(b []byte) bool {
	return f.synced || f.atStart() || b[0] == tag.ID3v2[0]
}

// passTag skips the bytes of a tag that have arrived, but searches them for frames
// first: a size may be wrong or accidental, and must not silence a live stream. It
// reports whether there was anything to skip.
func (f *framer) passTag() bool {
	b := f.buf[f.at:]
	complete := f.tag <= len(b)
	if complete {
		b = b[:f.tag]
	}
	for n := 0; ; n++ {
		i := bytes.IndexByte(b[n:], 0xff)
		if i < 0 {
			return f.skipTag(len(b))
		}
		n += i
		row, _, why := walk(b[n:], tagLook)
		open := why == short && !complete
		switch {
		case open && !f.finished:
			return f.skipTag(n)
		case why == enough, open && row >= firstLook:
			f.skipTag(n)
			f.tag = 0
			f.lose()
			return true
		}
	}
}

func (f *framer) skipTag(n int) bool {
	f.at += n
	f.tag -= n
	f.stats.Tags += int64(n)
	return n > 0
}
