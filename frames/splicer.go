package frames

// Splicer makes frames decodable after a cut: a listener's join, a change of
// input, lost bytes, the next file.
//
// A frame may begin its main data up to 511 bytes back, in earlier frames.
// After a cut those are not there, and decoders complain or make noise. The
// Splicer mutes each frame that leans on what is missing: same header and
// size, side information that says "nothing", its main data left where they
// are, so that later frames may lean on them. That takes a frame or two, at low
// bit rates a few more. The zero value is as after a cut.
//
// Cuts that nobody announced are found by what they leave: a frame of another
// format, a frame that leans on more than the last one left behind.
type Splicer struct {
	last   Header
	passed int // bytes of main data since the cut, at most last.reach()
	have   int // of these, how many decoders have kept for the next frame
	muted  []byte
}

// Cut says that the next frame does not continue the last one.
func (s *Splicer) Cut() { s.passed, s.have = 0, 0 }

// Settled reports whether no frame can lean on what was before the cut any
// more: Pass changes nothing until the next cut.
func (s *Splicer) Settled() bool { return s.passed > 0 && s.passed >= s.last.reach() }

// Pass returns the frame to play in place of f: f's own bytes, or the muted
// frame, which is valid until the next call. A frame with a Gap is a cut by
// itself.
func (s *Splicer) Pass(f Frame) []byte {
	if f.Gap || !f.sameStream(s.last) {
		s.Cut()
	}
	s.last = f.Header
	data, begin := f.Data, f.MainDataBegin()
	if begin > s.have {
		begin = s.have
		s.muted = append(s.muted[:0], f.Data...)
		data = s.muted
		Frame{Header: f.Header, Data: data}.mute(begin)
	}
	own := f.Size - f.MainData()
	s.passed = min(s.passed+own, f.reach())
	s.have = min(begin+own, f.reach())
	return data
}
