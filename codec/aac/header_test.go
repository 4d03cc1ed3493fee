package aac_test

import (
	"testing"
	"time"

	"relay/codec/aac"
)

func TestParseHeader(t *testing.T) {
	lc := aac.Header{Profile: aac.LC, SampleRate: 44100, Configuration: 2, Size: 327, Fullness: 0x7ff, Blocks: 1}
	with := func(change func(h *aac.Header)) aac.Header {
		h := lc
		change(&h)
		return h
	}
	for _, tt := range []struct {
		name, head string
		want       aac.Header // empty: none
	}{
		{"LC", "\xff\xf1\x50\x80\x28\xff\xfc", lc},
		{"MPEG-2", "\xff\xf9\x50\x80\x28\xff\xfc", with(func(h *aac.Header) { h.MPEG2 = true })},
		{"protected", "\xff\xf0\x50\x80\x28\xff\xfc", with(func(h *aac.Header) { h.Protected = true })},
		{"Main", "\xff\xf1\x10\x80\x28\xff\xfc", with(func(h *aac.Header) { h.Profile = aac.Main })},
		{"SSR", "\xff\xf1\x90\x80\x28\xff\xfc", with(func(h *aac.Header) { h.Profile = aac.SSR })},
		{"LTP", "\xff\xf1\xd0\x80\x28\xff\xfc", with(func(h *aac.Header) { h.Profile = aac.LTP })},
		{"LTP in MPEG-2", "\xff\xf9\xd0\x80\x28\xff\xfc", aac.Header{}},
		{"96 kHz", "\xff\xf1\x40\x80\x28\xff\xfc", with(func(h *aac.Header) { h.SampleRate = 96000 })},
		{"7.35 kHz", "\xff\xf1\x70\x80\x28\xff\xfc", with(func(h *aac.Header) { h.SampleRate = 7350 })},
		{"a reserved rate", "\xff\xf1\x74\x80\x28\xff\xfc", aac.Header{}},
		{"7.1", "\xff\xf1\x51\xc0\x28\xff\xfc", with(func(h *aac.Header) { h.Configuration = 7 })},
		{"PCE", "\xff\xf1\x50\x00\x28\xff\xfc", with(func(h *aac.Header) { h.Configuration = 0 })},
		{"private and copyright", "\xff\xf1\x52\xbc\x28\xff\xfc", lc},
		{"four blocks", "\xff\xf1\x50\x80\x28\xff\xff", with(func(h *aac.Header) { h.Blocks = 4 })},
		{"fullness", "\xff\xf1\x50\x80\x28\xe1\x04", with(func(h *aac.Header) { h.Fullness = 65 })},
		{"the longest of two channels", "\xff\xf1\x50\x80\xc0\xff\xfc", with(func(h *aac.Header) { h.Size = 1543 })},
		{"more than that", "\xff\xf1\x50\x80\xc1\x1f\xfc", aac.Header{}},
		{"the longest of all", "\xff\xf1\x50\x03\xff\xff\xfc", with(func(h *aac.Header) { h.Size, h.Configuration = 8191, 0 })},
		{"no room for a block", "\xff\xf1\x50\x80\x00\xff\xfc", aac.Header{}},
		{"no room behind the CRC", "\xff\xf0\x50\x80\x01\x3f\xfc", aac.Header{}},
		{"Layer III", "\xff\xfb\x50\x80\x28\xff\xfc", aac.Header{}},
		{"too short", "\xff\xf1\x50\x80\x28\xff", aac.Header{}},
		{"other bytes", "\xfe\xf1\x50\x80\x28\xff\xfc", aac.Header{}},
	} {
		if h, ok := aac.ParseHeader([]byte(tt.head)); h != tt.want || ok != (tt.want != aac.Header{}) {
			t.Errorf("%s: %+v, %v", tt.name, h, ok)
		}
	}
}

func TestDuration(t *testing.T) {
	for _, tt := range []struct {
		rate, blocks int
		want         time.Duration
	}{{44100, 1, 23219955}, {48000, 1, 21333333}, {48000, 2, 42666667}, {8000, 1, 128000000}, {22050, 4, 185759637}} {
		if got := (aac.Header{SampleRate: tt.rate, Blocks: tt.blocks}).Duration(); got != tt.want {
			t.Errorf("%d blocks at %d Hz last %v, want %v", tt.blocks, tt.rate, got, tt.want)
		}
	}
}
