package ogg

import (
	"hash/maphash"
	"unique"

	"relay/codec"
)

// The codecs of audio in Ogg.
var (
	Opus   codec.Codec = opus
	Vorbis codec.Codec = vorbis
	FLAC   codec.Codec = flac
)

// kind is one of the three codecs.
type kind struct {
	name, key, extension string
	magic                string // how the identification header begins
}

var (
	opus   = &kind{name: "Opus", key: "opus", extension: ".opus", magic: "OpusHead"}
	vorbis = &kind{name: "Vorbis", key: "vorbis", extension: ".ogg", magic: "\x01vorbis"}
	flac   = &kind{name: "FLAC", key: "flac", extension: ".oga", magic: "\x7fFLAC"}
)

func (k *kind) String() string            { return k.name }
func (k *kind) Key() string               { return k.key }
func (k *kind) MediaType() string         { return "application/ogg" }
func (k *kind) Extension() string         { return k.extension }
func (k *kind) NewFramer() codec.Framer   { return NewFramer() }
func (k *kind) NewSplicer() codec.Splicer { return &splicer{} }

// mapping is how the audio of one link lies in packets.
type mapping interface {
	// samples returns how many samples per channel p codes by itself: half a block of
	// Vorbis. ok is false if p is no audio packet.
	samples(p []byte) (n int, ok bool)
	// overlaps reports whether a packet gives the mean of its own samples and those of
	// the packet before it.
	overlaps() bool
	// headers returns the header packets of a link.
	headers(t codec.Tags) [][]byte
	// silence returns a silent packet to play after one of last samples; 0: unknown.
	silence(last int) []byte
	// isSilent reports whether p, an audio packet, is certainly without sound.
	isSilent(p []byte) bool
	// level estimates how loud bytes of packets are that code n samples, in dB.
	level(bytes, n int) int
	// hash adds to h what stays the same in p when a splicer passes it on.
	hash(h *maphash.Hash, p []byte)
}

// mappingOf returns the mapping of a format with a Setup, or what is wrong with it.
func mappingOf(f codec.Format) (mapping, error) {
	if f.Setup == (unique.Handle[string]{}) {
		return nil, errNoSetup
	}
	setup := f.Setup.Value()
	switch f.Codec {
	case Opus:
		return parseOpus(setup)
	case Vorbis:
		return parseVorbis(setup)
	case FLAC:
		return parseFLAC(setup)
	}
	return nil, errNoSetup
}

// Silence returns a unit to go through a splicer. Every silent packet has the same size,
// so bitRate means nothing.
func (k *kind) Silence(f codec.Format, bitRate int) (codec.Unit, bool) {
	if f.Codec != codec.Codec(k) {
		return codec.Unit{}, false
	}
	if f.Setup == (unique.Handle[string]{}) {
		setup, ok := "", false
		switch k {
		case opus:
			setup, ok = usualOpus(f)
		case flac:
			setup, ok = usualFLAC(f)
		}
		if !ok {
			return codec.Unit{}, false
		}
		f.Setup = unique.Make(setup)
	}
	m, err := mappingOf(f)
	if err != nil {
		return codec.Unit{}, false
	}
	p := m.silence(0)
	n, ok := m.samples(p)
	if !ok {
		return codec.Unit{}, false
	}
	data := new(pager).append(nil, 0, []packet{{data: p}})
	return codec.Unit{Format: f, Data: data, Length: length(n, f.SampleRate)}, true
}

// Hash adds the packets of u to h.
func (k *kind) Hash(h *maphash.Hash, u codec.Unit) {
	m, err := mappingOf(u.Format)
	if err != nil {
		return
	}
	for p := range packets(u.Data) {
		m.hash(h, p)
	}
}
