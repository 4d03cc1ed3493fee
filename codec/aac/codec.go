package aac

import (
	"hash/maphash"

	"relay/codec"
)

// Codec is AAC in ADTS.
var Codec codec.Codec = adts{}

type adts struct{}

func (adts) String() string    { return "AAC" }
func (adts) Key() string       { return "aac" }
func (adts) MediaType() string { return "audio/aac" }
func (adts) Extension() string { return ".aac" }

func (adts) NewFramer() codec.Framer   { return &framer{} }
func (adts) NewSplicer() codec.Splicer { return &splicer{} }

// Silence returns a silent frame. A format without a Setup is LC. There is none for
// channels that no channel_configuration has, unless the Setup has a PCE.
func (adts) Silence(f codec.Format, bitRate int) (codec.Unit, bool) {
	if f.Codec != Codec {
		return codec.Unit{}, false
	}
	return unit(f, false, bitRate)
}

// Hash leaves out what a server may change: the private and copyright bits, the fullness
// of the bit reservoir, and the CRC.
func (adts) Hash(h *maphash.Hash, u codec.Unit) {
	header, ok := ParseHeader(u.Data)
	if !ok || header.Size != len(u.Data) {
		h.Write(u.Data)
		return
	}
	from := header.payload()
	header.Fullness, header.Size, header.Protected = 0, header.Size-from, false
	fixed := header.bytes()
	h.Write(fixed[:])
	h.Write(u.Data[from:])
}
