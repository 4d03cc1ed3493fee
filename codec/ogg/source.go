package ogg

import (
	"fmt"

	"relay/codec"
)

// maxPacket is the maximum length of a packet in bytes.
const maxPacket = 1 << 20

// inLink is a link of the input.
type inLink struct {
	serial  uint32
	next    uint32   // the sequence number to come
	headers *headers // nil: they are complete
	onlyBOS bool     // the beginning of another stream would be one beside this
	format  codec.Format
	mapping mapping
	tags    *codec.Tags // for the next unit
}

// open reads a page.
func (f *Framer) open(p page) {
	if p.flags()&flagBOS != 0 {
		f.begin(p)
		if f.err != nil || f.link == nil {
			return
		}
	}
	l := f.link
	if l == nil || p.serial() != l.serial {
		f.waste(len(p))
		return
	}
	if p.sequence() != l.next {
		f.stats.Resyncs++
		f.drop()
		f.lost = true
		if l.headers != nil { // nothing of this link can be decoded
			f.link = nil
			f.waste(len(p))
			return
		}
	}
	l.next = p.sequence() + 1
	if p.flags()&flagBOS == 0 {
		l.onlyBOS = false
	}
	f.read(p)
}

// begin begins a link, or finds that it is one of several streams.
func (f *Framer) begin(p page) {
	f.drop()
	var first []byte
	for s := range p.spans {
		if s.ends {
			first = p[s.from:s.to]
		}
		break
	}
	h, err := newHeaders(first)
	beside := f.link != nil && f.link.onlyBOS && f.link.serial != p.serial()
	switch {
	case err != nil:
		f.err = err
	case beside:
		f.err = fmt.Errorf("it sends more than one stream in its Ogg (%s and %s), and this server takes one: send only one", f.kind, h.kind)
	case f.kind != nil && f.kind != h.kind:
		f.err = fmt.Errorf("it changed from %s to %s in mid-stream: send one codec, or connect again to change it", f.kind, h.kind)
	default:
		f.kind = h.kind
		f.link = &inLink{serial: p.serial(), next: p.sequence(), headers: h, onlyBOS: true}
	}
}

// drop gives up a packet that has begun.
func (f *Framer) drop() {
	if f.isBegun {
		f.waste(len(f.begun))
		f.lost = true
	}
	f.begun, f.isBegun = f.begun[:0], false
}

// read reads the packets of a page of the current link.
func (f *Framer) read(p page) {
	l := f.link
	if l.headers != nil {
		if l.headers.pages++; l.headers.pages > maxHeaderPages {
			f.err = l.headers.invalid(errEndless)
			return
		}
		f.stats.Tags += int64(tableAt + len(p.lacing()))
	}
	first, continues := true, p.flags()&flagContinued != 0
	if f.isBegun && !continues {
		f.drop()
	}
	for s := range p.spans {
		switch {
		case l.headers != nil:
			f.readHeader(p, s, first)
			if f.err != nil {
				return
			}
		case first && continues:
			f.readRest(p, s)
		default:
			f.readAudio(p, s)
		}
		first = false
	}
}

// readHeader reads a part of a header. first is for the first part of the page.
func (f *Framer) readHeader(p page, s span, first bool) {
	l := f.link
	f.stats.Tags += int64(s.to - s.from)
	if first && p.flags()&flagBOS != 0 {
		return // begin has read it
	}
	done, err := l.headers.add(p[s.from:s.to], s.ends)
	if err == nil && done {
		tags := l.headers.comments.tags()
		l.tags = &tags
		if l.format, err = l.headers.format(); err == nil {
			l.mapping, err = mappingOf(l.format)
			l.headers = nil
		}
		if l.format != f.format { // otherwise the links are joined, as a rule
			f.format, f.last = l.format, 0
		}
	}
	f.err = err
}

// readRest reads the rest of a packet that has begun on an earlier page.
func (f *Framer) readRest(p page, s span) {
	part := p[s.from:s.to]
	switch {
	case !f.isBegun: // its beginning is lost
		f.waste(len(part))
		f.lost = true
	case len(f.begun)+len(part) > maxPacket:
		f.drop()
		f.waste(len(part))
	default:
		f.begun = append(f.begun, part...)
		if s.ends {
			f.spread, f.begun, f.isBegun = f.begun, f.spread[:0], false
			f.push(f.spread, queued{spread: true})
		}
	}
}

// readAudio reads a packet, or its part on the page where it begins.
func (f *Framer) readAudio(p page, s span) {
	part := p[s.from:s.to]
	if s.ends {
		f.push(part, queued{span: s})
		return
	}
	f.begun, f.isBegun = append(f.begun[:0], part...), true
}
