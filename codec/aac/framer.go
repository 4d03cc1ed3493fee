package aac

import (
	"relay/codec"
	"relay/codec/frames"
	"relay/codec/tag"
)

// framer cuts bytes into frames. It releases a frame once the next header, a tag or the
// end of the input stands where the frame should end. So a frame that has lost bytes is
// never released.
type framer struct {
	frames.Input
	run run
	err error
}

func (f *framer) Err() error { return f.err }

// Next returns the next frame.
func (f *framer) Next() (codec.Unit, bool) {
	for b := f.Input.Next(&ADTS); len(b) > 0; b = f.Input.Next(&ADTS) {
		if f.err == nil && f.AtStart() {
			if len(b) < signatureSize && !f.Finished() {
				break
			}
			f.err = foreignFile(b)
		}
		if f.err != nil {
			f.Skip(len(b))
			break
		}
		switch f.judge(b) {
		case frames.Unsure:
			return codec.Unit{}, false
		case frames.None:
			f.Lose(tag.Candidate(b, ADTS.Sync, LATM.Sync))
			continue
		}
		h, _ := ParseHeader(b)
		if !f.follow(b, h) {
			break
		}
		u := codec.Unit{Format: f.run.format, Data: b[:h.Size:h.Size], Length: h.Duration()}
		u.Gap = f.Take(h.Size)
		return u, true
	}
	return codec.Unit{}, false
}

// judge decides whether b begins with a frame. Before the first frame, it also finds out
// whether the stream is in LATM: then it sets err, and is unsure.
func (f *framer) judge(b []byte) frames.Verdict {
	v := f.Judge(&ADTS, b)
	if v == frames.None && !f.Started() {
		if v = judgeLATM(b, f.Finished()); v == frames.Whole {
			f.err = errLATM
			return frames.Unsure
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
	run, sure := newRun(b, h, channels, f.Finished())
	if !sure {
		return false
	}
	f.run = run
	f.Break()
	return true
}
