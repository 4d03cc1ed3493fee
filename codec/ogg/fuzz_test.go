package ogg_test

import (
	"bytes"
	"testing"

	"relay/codec"
	"relay/codec/ogg"
)

// mend gives all pages of b a right CRC, so that the fuzzer gets behind it.
func mend(b []byte) []byte {
	b = bytes.Clone(b)
	for at := 0; at < len(b); {
		n := ogg.PageSize(b[at:])
		if n <= 0 || at+n > len(b) {
			at++
			continue
		}
		ogg.SetCRC(b[at : at+n])
		at += n
	}
	return b
}

func addSeeds(f *testing.F) {
	for _, s := range files {
		if b := file(f, s.name); len(b) < 9000 {
			f.Add(b, uint16(700))
			f.Add(repage(f, b, 4), uint16(100))
		}
	}
	f.Add(bos(1, "\x80theora\x03\x02\x01"), uint16(3))
	f.Add([]byte("ID3\x04\x00\x00\x00\x00\x00\x05helloOggS"), uint16(1))
}

// checkUnit checks what holds for every unit.
func checkUnit(t *testing.T, u codec.Unit) {
	t.Helper()
	checkPages(t, u.Data)
	if !u.Format.IsWhole() || u.Length <= 0 || u.Format.Codec.Level(u) > 0 {
		t.Fatalf("%v, %v long, level %d", u.Format, u.Length, u.Format.Codec.Level(u))
	}
}

func FuzzFramer(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte, portion uint16) {
		for _, b := range [][]byte{b, mend(b)} {
			list, framer := cut(b, func() int { return int(portion) + 1 })
			for _, u := range list {
				checkUnit(t, u)
			}
			if st := framer.Stats(); st.Garbage+st.Tags > int64(len(b)) || st.Units != int64(len(list)) {
				t.Fatalf("%+v of %d bytes", st, len(b))
			}
			again, _ := cut(b, whole)
			if len(again) != len(list) {
				t.Fatalf("%d units, at once %d", len(list), len(again))
			}
		}
	})
}

// Whatever comes in, and however it is joined, a valid stream goes out, and its units are
// the same when it is read again.
func FuzzJoiner(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte, ops uint16) {
		list, _ := cut(mend(b), whole)
		if len(list) == 0 {
			return
		}
		s := play(t, list[0].Format.Codec)
		var played []codec.Unit
		for i, u := range list {
			switch ops >> (i % 14) & 7 {
			case 1:
				s.splicer.Skip(u)
				continue
			case 2:
				s.splicer.Cut()
			case 3:
				if s.link != nil {
					s.silence(1)
				}
			case 4:
				u.Tags = nil
			}
			played = append(played, u)
			s.chained([]codec.Unit{u})
		}
		checkStream(t, s.data)
		again, framer := cut(s.data, whole)
		if framer.Err() != nil || framer.Stats().Garbage > 0 || len(again) < len(played) {
			t.Fatalf("read again: %v, %+v", framer.Err(), framer.Stats())
		}
		for _, u := range again {
			checkUnit(t, u)
		}
	})
}
