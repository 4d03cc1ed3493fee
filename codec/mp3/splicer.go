package mp3

import "slices"

// maxReach is the largest reach of any format, in bytes.
const maxReach = 511

// Splicer makes frames decodable after a cut: where a listener joins, the input
// changes, bytes were lost or the next file begins. It also makes a running stream
// longer, by Silence, and shorter, by Skip.
//
// The main data of a frame may begin up to 511 bytes back, in earlier frames
// (§2.4.2.7). After a cut those bytes are missing, and decoders complain or make noise.
// The Splicer mutes each frame that depends on missing bytes: header and size stay the
// same, the side information says that there is no audio, and the main data stay in
// place, so that later frames may use them. That affects a frame or two, at low bit
// rates a few more. The zero value is in the state after a cut.
//
// A cut that was not announced is recognised by a frame of another format, or by a
// frame that needs more earlier bytes than the frame before it left.
type Splicer struct {
	last    Header
	head    [HeaderSize]byte // the bytes of last
	passed  int              // bytes of main data since the cut or the last Skip, at most last.reach()
	have    int              // how many bytes of main data decoders have kept for the next frame
	known   int              // how many they would have kept if no frame had been added or skipped
	unused  int              // how many of the known bytes the last frame does not use itself
	earlier [maxReach]byte   // ends with the known bytes
	made    []byte           // the last frame that Pass or Silence made
}

// Cut announces that the next frame does not continue the last one.
func (s *Splicer) Cut() { s.passed, s.have, s.known, s.unused = 0, 0, 0, 0 }

// Settled reports whether no frame can depend on bytes from before the cut, or on
// skipped frames, any longer: Pass changes nothing until the next cut or Skip.
func (s *Splicer) Settled() bool { return s.passed > 0 && s.passed >= s.last.reach() }

// Pass returns the frame to play in place of f: f's own bytes, or a frame made from
// them, which is valid until the next call of any method. A frame with a Gap counts as
// a cut.
//
// A frame that depends on skipped ones sounds as if they had been played, if Intact says
// so: it carries their bytes itself, if need be at a higher bit rate.
func (s *Splicer) Pass(f Frame) []byte {
	s.noticeCut(f)
	data, begin := f.Data, f.MainDataBegin()
	left := begin + f.own()
	if begin > s.have {
		if head, h, ok := s.roomFor(f); ok {
			data = s.unfold(f, head, h)
			left -= f.used()
		} else {
			data = s.mute(f)
			left = s.have + f.own()
		}
	}
	s.have = min(max(left, 0), f.reach())
	s.passed = min(s.passed+f.own(), f.reach())
	s.remember(f)
	return data
}

// Skip leaves f out of the stream, which gets shorter by one frame. The frames after it
// may depend on its main data, and no frame without a duration could carry these. So
// the next frame carries them, if it has room: Intact tells. A frame with a Gap counts
// as a cut.
func (s *Splicer) Skip(f Frame) {
	s.noticeCut(f)
	s.have, s.passed = 0, 0
	s.remember(f)
}

// Intact reports whether f, passed next, would sound as its encoder meant it: whether
// all main data that it depends on are at hand. Behind skipped frames, f must have room
// for up to 511 bytes more (255 with MPEG-2 and 2.5). Up to 128 kbit/s with MPEG-1, and
// up to 64 kbit/s with MPEG-2 and 2.5, there always is room. Above that it depends on
// how much of the bit reservoir f uses. If Intact returns false, skip another frame or
// accept a mute one.
func (s *Splicer) Intact(f Frame) bool {
	if s.isCut(f) {
		return f.MainDataBegin() == 0
	}
	_, _, ok := s.roomFor(f)
	return ok || f.MainDataBegin() <= s.have
}

// isCut reports whether f does not continue the last frame.
func (s *Splicer) isCut(f Frame) bool { return f.Gap || f.stream() != s.last.stream() }

func (s *Splicer) noticeCut(f Frame) {
	if s.isCut(f) {
		s.Cut()
	}
}

// remember keeps what the frames after f may depend on, and how much there is of it.
func (s *Splicer) remember(f Frame) {
	s.last, s.head = f.Header, [HeaderSize]byte(f.Data)
	begin, own := f.MainDataBegin(), f.own()
	s.known = min(min(begin, s.known)+own, f.reach())
	s.unused = min(max(begin+own-f.used(), 0), s.known)
	kept := f.Data[f.Size-min(own, maxReach):]
	copy(s.earlier[:], s.earlier[len(kept):])
	copy(s.earlier[maxReach-len(kept):], kept)
}

// before returns the n bytes of main data before the next frame; n is at most known.
func (s *Splicer) before(n int) []byte { return s.earlier[maxReach-n:] }

// roomFor returns the header with which f can carry all main data that it depends on.
func (s *Splicer) roomFor(f Frame) (head [HeaderSize]byte, h Header, ok bool) {
	begin := f.MainDataBegin()
	if begin > s.known {
		return head, h, false
	}
	return withRoom([HeaderSize]byte(f.Data), begin+f.own())
}

// unfold makes a frame with the header h that sounds like f and depends on no other: its
// main data are those that f finds in earlier frames, then its own. Bytes to spare
// stand behind the bytes that f uses, since later frames count from its end.
func (s *Splicer) unfold(f Frame, head [HeaderSize]byte, h Header) []byte {
	at, begin := f.MainData(), f.MainDataBegin()
	s.made = append(s.made[:0], head[:]...)
	s.made = append(s.made, f.Data[HeaderSize:at]...)
	s.made = append(s.made, s.before(begin)...)
	s.made = append(s.made, f.Data[at:]...)
	spare := make([]byte, h.own()-begin-f.own())
	s.made = slices.Insert(s.made, min(at+f.used(), len(s.made)), spare...)
	made := Frame{Header: h, Data: s.made}
	made.setMainDataBegin(0)
	made.SetCRC()
	return s.made
}

// mute makes a frame of f's size that is silent, and leaves later frames what f does.
func (s *Splicer) mute(f Frame) []byte {
	s.made = append(s.made[:0], f.Data...)
	Frame{Header: f.Header, Data: s.made}.mute(s.have)
	return s.made
}

// Silence returns a silent frame to play next, before whichever frame is passed then;
// nil before the first frame. It is valid until the next call of any method.
//
// It depends on no other frame. Its main data, which it does not use itself, end with a
// copy of those that the next frame may depend on, so that Pass need not change that
// frame. It has the last frame's bit rate, or the lowest higher one with enough room;
// there always is one. Any number of silent frames may follow each other.
func (s *Splicer) Silence() []byte {
	if s.last.Size == 0 {
		return nil
	}
	carried := s.before(min(s.known, s.unused))
	head, h, ok := withRoom(s.head, len(carried))
	if !ok {
		return nil
	}
	s.made = append(s.made[:0], make([]byte, h.Size)...)
	copy(s.made, head[:])
	s.made[2] &^= privateBit
	copy(s.made[h.Size-len(carried):], carried)
	Frame{Header: h, Data: s.made}.mute(0)
	s.have = len(carried)
	return s.made
}
