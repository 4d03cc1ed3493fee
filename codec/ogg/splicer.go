package ogg

import (
	"math/rand/v2"
	"slices"
	"time"

	"relay/codec"
)

// splicer writes units as pages of logical streams. A unit of another format begins a
// link, and so does one with Tags; all others are joined, whatever they come from. It is
// always settled: no packet of Opus, Vorbis or FLAC is refused by a decoder for what is
// missing before it.
type splicer struct {
	link     *link
	pager    pager
	position uint64 // samples in the link so far
	last     int    // samples of the packet before, as decoders know it; 0: none

	out  []byte
	text []byte // frames with new numbers
	list []packet
}

// link is a link of the output.
type link struct {
	format  codec.Format
	mapping mapping
	serial  uint32
}

// Head returns the header pages. Their number does not depend on the title: it is always
// the same, so that the numbers of the audio pages follow. It may be called concurrently.
func (l *link) Head(t codec.Tags) []byte {
	w := pager{serial: l.serial}
	return l.write(&w, t)
}

// write writes the header pages: the identification header by itself, then the comments,
// which fit on a page, then the setup.
func (l *link) write(w *pager, t codec.Tags) (dst []byte) {
	flags := byte(flagBOS)
	for _, p := range l.mapping.headers(t) {
		dst = w.append(dst, flags, []packet{{data: p}})
		flags = 0
	}
	return dst
}

// Pass implements codec.Splicer. It changes nothing in u.
func (s *splicer) Pass(u codec.Unit) []byte {
	if s.link == nil || u.Tags != nil || u.Format != s.link.format {
		if !s.begin(u.Format) {
			return nil
		}
	}
	s.clear()
	for p := range packets(u.Data) {
		s.add(p)
	}
	return s.write()
}

// begin begins a link. It returns false if the format has no valid setup.
func (s *splicer) begin(f codec.Format) bool {
	m, err := mappingOf(f)
	if err != nil {
		return false
	}
	serial := rand.Uint32()
	if s.link != nil && s.link.serial == serial {
		serial++
	}
	s.continueAt(&link{f, m, serial}, 0)
	return true
}

// continueAt writes pages of a link from now on, behind its headers.
func (s *splicer) continueAt(l *link, position uint64) {
	s.link, s.pager = l, pager{serial: l.serial}
	l.write(&s.pager, codec.Tags{}) // for the number of pages
	s.position, s.last = position, 0
}

// Splicer implements codec.Link. Its pages are numbered from the headers on.
func (l *link) Splicer(at time.Duration) codec.Splicer {
	s := &splicer{}
	s.continueAt(l, uint64(max(0, at).Seconds()*float64(l.format.SampleRate)))
	return s
}

func (s *splicer) clear() { s.out, s.text, s.list = s.out[:0], s.text[:0], s.list[:0] }

// add adds a packet to the pages to write.
func (s *splicer) add(p []byte) {
	m := s.link.mapping
	n, ok := m.samples(p)
	if !ok {
		return
	}
	if s.link.format.Codec == FLAC {
		at := len(s.text)
		s.text = slices.Grow(s.text, len(p)+maxNumberSize)
		s.text = appendFrame(s.text, p, s.position)
		p = s.text[at:]
	}
	s.position += uint64(joined(m, s.last, n))
	s.last = n
	s.list = append(s.list, packet{p, s.position})
}

func (s *splicer) write() []byte {
	s.out = s.pager.append(s.out, 0, s.list)
	return s.out
}

// Link implements codec.Splicer.
func (s *splicer) Link() codec.Link {
	if s.link == nil {
		return nil
	}
	return s.link
}

// Cut implements codec.Splicer. Decoders go on from what they have.
func (s *splicer) Cut() {}

// Settled implements codec.Splicer.
func (s *splicer) Settled() bool { return true }

// Skip implements codec.Splicer. No number is left out, so decoders see no hole.
func (s *splicer) Skip(codec.Unit) {}

// Intact implements codec.Splicer.
func (s *splicer) Intact(codec.Unit) bool { return true }

// Silence implements codec.Splicer.
func (s *splicer) Silence() (codec.Unit, bool) {
	if s.link == nil {
		return codec.Unit{}, false
	}
	s.clear()
	before := s.position
	s.add(s.link.mapping.silence(s.last))
	f := s.link.format
	return codec.Unit{Format: f, Data: s.write(), Length: length(int(s.position-before), f.SampleRate)}, true
}
