package frames

// reservoir is how far back a frame can reach: 9 bits of main_data_begin.
const reservoir = 511

// Splicer makes frames decodable after a cut: a listener's join, a change of
// input, lost bytes, the next file.
//
// A frame may begin its main data up to 511 bytes back, in earlier frames.
// After a cut those are not there, and decoders complain or make noise. The
// Splicer mutes each frame that leans on what is missing: same header and
// size, side information that says "nothing", its main data left where they
// are, so that later frames may lean on them. That takes a frame or two, at low
// bit rates a few more. The zero value is as after a cut.
type Splicer struct {
	have  int // bytes of main data passed since the cut, at most reservoir
	muted []byte
}

// Cut says that the next frame does not continue the last one.
func (s *Splicer) Cut() { s.have = 0 }

// Settled reports whether no frame can lean on what was before the cut any
// more: until the next cut, Pass changes nothing.
func (s *Splicer) Settled() bool { return s.have >= reservoir }

// Pass returns the frame to play in place of f: f's own bytes, or the muted
// frame, which is valid until the next call. A frame with a Gap is a cut by
// itself.
func (s *Splicer) Pass(f Frame) []byte {
	if f.Gap {
		s.have = 0
	}
	have := s.have
	if !s.Settled() {
		s.have = min(have+f.Size-f.MainData(), reservoir)
	}
	if f.MainDataBegin() <= have {
		return f.Data
	}
	s.muted = append(s.muted[:0], f.Data...)
	muted := Frame{Header: f.Header, Data: s.muted}
	at, length := f.sideInfo()
	clear(muted.Data[at : at+length])
	// It says to begin where it can: mpg123 keeps no more of earlier frames
	// than the last one asked for.
	muted.setMainDataBegin(have)
	muted.setCRC()
	return s.muted
}
