package codec

// Assembler makes a stream that stands on its own, such as a file or the input of a
// decoder, of units from anywhere. The zero value is ready to use.
type Assembler struct {
	codec   Codec
	splicer Splicer
	link    Link
}

// Append appends the bytes to play in place of u to dst, after the headers that they need.
// tags is for these headers.
func (a *Assembler) Append(dst []byte, u Unit, tags Tags) []byte {
	if a.codec != u.Format.Codec {
		a.codec, a.splicer, a.link = u.Format.Codec, u.Format.Codec.NewSplicer(), nil
	}
	data := a.splicer.Pass(u)
	if link := a.splicer.Link(); link != a.link {
		a.link = link
		dst = append(dst, link.Head(tags)...)
	}
	return append(dst, data...)
}

// Cut announces that the next unit does not continue the last one.
func (a *Assembler) Cut() {
	if a.splicer != nil {
		a.splicer.Cut()
	}
}
