package known

import (
	"relay/codec"
	"relay/codec/aac"
	"relay/codec/mp3"
	"relay/codec/ogg"
)

// NewFramer returns a framer for a stream or file that may be of any codec. The first
// unit decides: after that it takes nothing else.
func NewFramer() codec.Framer {
	f := &framer{}
	for _, c := range []codec.Codec{mp3.Codec, aac.Codec, ogg.Opus} {
		f.candidates = append(f.candidates, c.NewFramer())
	}
	return f
}

// framer gives all bytes to a framer of each kind until one of them finds a unit.
type framer struct{ candidates []codec.Framer }

func (f *framer) Write(p []byte) (int, error) {
	for _, c := range f.candidates {
		c.Write(p)
	}
	return len(p), nil
}

func (f *framer) Finish() {
	for _, c := range f.candidates {
		c.Finish()
	}
}

func (f *framer) Next() (codec.Unit, bool) {
	for _, c := range f.candidates {
		if u, ok := c.Next(); ok {
			f.candidates = []codec.Framer{c}
			return u, true
		}
	}
	return codec.Unit{}, false
}

// Stats returns the counts of the framer that knows most of the bytes: in the others all
// of them are garbage.
func (f *framer) Stats() codec.Stats {
	best := f.candidates[0].Stats()
	for _, c := range f.candidates[1:] {
		if s := c.Stats(); s.Garbage < best.Garbage {
			best = s
		}
	}
	return best
}

// Err returns the first reason of any: a framer gives one only if it knows the format.
func (f *framer) Err() error {
	for _, c := range f.candidates {
		if err := c.Err(); err != nil {
			return err
		}
	}
	return nil
}
