package aac

import "relay/codec"

// splicer passes frames as they are: none leans on another but for the overlap of
// windows, which decoders do with whatever was there.
type splicer struct {
	format codec.Format // of the last unit
	mpeg2  bool
	silent codec.Unit // of that format; empty until asked for
}

func (s *splicer) Pass(u codec.Unit) []byte {
	h, _ := ParseHeader(u.Data)
	if u.Format != s.format || h.MPEG2 != s.mpeg2 {
		*s = splicer{format: u.Format, mpeg2: h.MPEG2}
	}
	return u.Data
}

func (s *splicer) Link() codec.Link { return nil }

func (s *splicer) Cut() {}

func (s *splicer) Settled() bool { return true }

func (s *splicer) Skip(codec.Unit) {}

func (s *splicer) Intact(codec.Unit) bool { return true }

// Silence returns a silent unit of the last format.
func (s *splicer) Silence() (codec.Unit, bool) {
	if s.silent.Data == nil {
		s.silent, _ = unit(s.format, s.mpeg2, 0)
	}
	return s.silent, s.silent.Data != nil
}
