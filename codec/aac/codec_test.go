package aac_test

import (
	"bytes"
	"hash/maphash"
	"testing"
	"unique"

	"relay/codec"
	"relay/codec/aac"
)

func TestNames(t *testing.T) {
	c := aac.Codec
	if c.String() != "AAC" || c.Key() != "aac" || c.MediaType() != "audio/aac" || c.Extension() != ".aac" {
		t.Errorf("%s %s %s %s", c, c.Key(), c.MediaType(), c.Extension())
	}
}

func TestSilenceHasTheFormat(t *testing.T) {
	for name := range encoderOutputs {
		u := load(t, name)[0]
		for _, bitRate := range []int{0, 16000, 40000} {
			silent, ok := aac.Codec.Silence(u.Format, bitRate)
			if !ok || silent.Format != u.Format || silent.Length != u.Length || aac.Codec.Level(silent) != codec.DigitalSilence {
				t.Fatalf("%s: %+v, %v", name, silent, ok)
			}
			list, stats, _ := cut(bytes.Repeat(silent.Data, 10), 100)
			if len(list) != 10 || list[0].Format != u.Format || stats.Garbage != 0 {
				t.Errorf("%s: %d units come out of ten, %+v", name, len(list), stats)
			}
			want := int(float64(bitRate) / 8 * u.Length.Seconds())
			if size := len(silent.Data); size > max(want+8, 60) || size < want-8 {
				t.Errorf("%s: %d bytes, want about %d", name, size, want)
			}
		}
	}
}

func TestThereIsNoSilence(t *testing.T) {
	for _, f := range []codec.Format{
		{}, {Codec: aac.Codec, SampleRate: 44100}, {Codec: aac.Codec, SampleRate: 44100, Channels: 7}, {Codec: aac.Codec, SampleRate: 44100, Channels: 9},
		{Codec: aac.Codec, SampleRate: 44000, Channels: 2}, {SampleRate: 44100, Channels: 2},
		{Codec: aac.Codec, SampleRate: 44100, Channels: 2, Setup: unique.Make("LC 8")}, {Codec: aac.Codec, SampleRate: 44100, Channels: 2, Setup: unique.Make("LC 0")},
		{Codec: aac.Codec, SampleRate: 44100, Channels: 2, Setup: unique.Make("XX 2")}, {Codec: aac.Codec, SampleRate: 44100, Channels: 2, Setup: unique.Make("LC 0 zz")},
	} {
		if u, ok := aac.Codec.Silence(f, 0); ok {
			t.Errorf("%v: %v, %v", f, u.Data, ok)
		}
	}
}

func TestSplicerLeavesUnitsAsTheyAre(t *testing.T) {
	s := aac.Codec.NewSplicer()
	if u, ok := s.Silence(); ok {
		t.Errorf("there is silence before any unit: %v", u)
	}
	for name := range encoderOutputs {
		for _, u := range load(t, name)[:5] {
			if !s.Intact(u) || !bytes.Equal(s.Pass(u), u.Data) || !s.Settled() || s.Link() != nil {
				t.Fatalf("%s is changed", name)
			}
			silent, ok := s.Silence()
			if h, whole := aac.ParseHeader(silent.Data); !ok || silent.Format != u.Format || !whole || h.MPEG2 != (u.Data[1]&8 != 0) {
				t.Fatalf("%s: silence is %+v, %v", name, silent, ok)
			}
			s.Cut()
			s.Skip(u)
		}
	}
}

func TestHash(t *testing.T) {
	seed := maphash.MakeSeed()
	hash := func(u codec.Unit) uint64 {
		var h maphash.Hash
		h.SetSeed(seed)
		aac.Codec.Hash(&h, u)
		return h.Sum64()
	}
	flip := func(u codec.Unit, at int, bit byte) codec.Unit {
		u.Data = bytes.Clone(u.Data)
		u.Data[at] ^= bit
		return u
	}
	list := load(t, "128-44100-stereo")
	u := list[5]
	for name, same := range map[string]codec.Unit{
		"fullness": flip(u, 5, 0x1f), "private": flip(u, 2, 2), "copyright": flip(u, 3, 0x3c), "protection": withCRC(u), "CRC": flip(withCRC(u), 7, 0xff),
	} {
		if hash(same) != hash(u) {
			t.Errorf("%s changes the hash", name)
		}
	}
	for name, other := range map[string]codec.Unit{"audio": flip(u, 30, 1), "profile": flip(u, 2, 0x40), "the next": list[6]} {
		if hash(other) == hash(u) {
			t.Errorf("%s does not change the hash", name)
		}
	}
}
