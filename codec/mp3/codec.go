package mp3

import (
	"hash/maphash"

	"relay/codec"
)

// Codec is MPEG-1, 2 and 2.5 layer III.
var Codec codec.Codec = layer3{}

type layer3 struct{}

func (layer3) String() string            { return "MP3" }
func (layer3) Key() string               { return "mp3" }
func (layer3) MediaType() string         { return "audio/mpeg" }
func (layer3) Extension() string         { return ".mp3" }
func (layer3) NewFramer() codec.Framer   { return &framer{} }
func (layer3) NewSplicer() codec.Splicer { return &splicer{} }
func (layer3) Level(u codec.Unit) int    { return frameOf(u).Level() }

// Silence returns a frame at the bit rate nearest to bitRate that there is.
func (layer3) Silence(f codec.Format, bitRate int) (codec.Unit, bool) {
	h, ok := HeaderOf(f, bitRate)
	if !ok {
		return codec.Unit{}, false
	}
	return Frame{Header: h, Data: Silence(h)}.Unit(), true
}

// Hash omits the side information, which an upstream clears in the first frames of a
// connection to mute them (see Splicer), and the checksum that depends on it.
func (layer3) Hash(h *maphash.Hash, u codec.Unit) {
	f := frameOf(u)
	h.Write(f.Data[:HeaderSize])
	h.Write(f.Data[f.MainData():])
}

// Unit returns the frame as a unit.
func (f Frame) Unit() codec.Unit {
	return codec.Unit{Format: f.Format(), Data: f.Data, Length: f.Duration(), BitRate: f.BitRate, Gap: f.Gap}
}

// frameOf returns the frame that a unit is.
func frameOf(u codec.Unit) Frame {
	h, _ := ParseHeader(u.Data)
	return Frame{Header: h, Data: u.Data, Gap: u.Gap}
}

// framer is a Cutter that gives units.
type framer struct{ Cutter }

func (f *framer) Next() (codec.Unit, bool) {
	frame, ok := f.Cutter.Next()
	if !ok {
		return codec.Unit{}, false
	}
	return frame.Unit(), true
}

func (f *framer) Err() error { return nil }

// splicer is a Splicer that takes units.
type splicer struct{ Splicer }

func (s *splicer) Pass(u codec.Unit) []byte { return s.Splicer.Pass(frameOf(u)) }
func (s *splicer) Skip(u codec.Unit)        { s.Splicer.Skip(frameOf(u)) }
func (s *splicer) Intact(u codec.Unit) bool { return s.Splicer.Intact(frameOf(u)) }
func (s *splicer) Link() codec.Link         { return nil }

func (s *splicer) Silence() (codec.Unit, bool) {
	data := s.Splicer.Silence()
	h, ok := ParseHeader(data)
	return Frame{Header: h, Data: data}.Unit(), ok
}
