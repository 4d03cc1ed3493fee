package aac

import (
	"slices"

	"relay/codec"
)

// silence returns a silent frame like those of a setup at a sample rate of the header,
// near a bit rate. ok is false if there is none.
//
// No part has any scalefactor bands. What makes up the bit rate is in FIL elements: some
// players wait for a number of bytes before they begin.
func silence(s setup, mpeg2 bool, sampleRate, bitRate int) (h Header, data []byte, ok bool) {
	if !slices.Contains(sampleRates[:], sampleRate) || s.configuration == 0 && s.channels == "" {
		return Header{}, nil, false
	}
	c := s.config()
	w := writer{b: append(make([]byte, HeaderSize), c.bytes...)}
	for _, p := range c.parts {
		w.write(int(p.element), 3)
		w.write(p.tag, 4)
		if p.element == cpe {
			w.write(0, 1) // common_window
			w.emptyChannel()
		}
		w.emptyChannel()
	}
	h = Header{MPEG2: mpeg2, Profile: s.profile, SampleRate: sampleRate, Configuration: s.configuration, Fullness: 0x7ff, Blocks: 1}
	want := min(bitRate*frameSamples/8/sampleRate, h.most())
	for have := len(w.b) + 3; have < want; have = len(w.b) + 3 {
		w.fill(min(want-have, maxFIL))
	}
	w.write(int(end), 3)
	h.Size = len(w.b)
	head := h.bytes()
	copy(w.b, head[:])
	return h, w.b, true
}

// emptyChannel writes an individual_channel_stream without bands (§4.4.2.7, table 4.50).
func (w *writer) emptyChannel() {
	w.write(100, 8)       // global_gain
	w.write(0, 1+2+1+6+1) // ics_info: a long window, max_sfb 0, no prediction
	w.write(0, 1+1+1)     // no pulses, TNS or gain control
}

// fill writes a FIL element of n bytes: extension type EXT_FILL_DATA, whose bytes are
// given (§4.5.2.8).
func (w *writer) fill(n int) {
	w.write(int(fil), 3)
	if n < 15 {
		w.write(n, 4)
	} else {
		w.write(15, 4)
		w.write(n-14, 8)
	}
	if n == 0 {
		return
	}
	w.write(extData<<4, 8)
	for range n - 1 {
		w.write(0xa5, 8)
	}
}

// unit returns a silent unit of a format.
func unit(f codec.Format, mpeg2 bool, bitRate int) (codec.Unit, bool) {
	s, ok := setupOf(f)
	if !ok {
		return codec.Unit{}, false
	}
	rate := f.SampleRate
	if s.upsampled {
		rate /= 2
	}
	h, data, ok := silence(s, mpeg2 && s.profile != LTP, rate, bitRate)
	if !ok {
		return codec.Unit{}, false
	}
	return codec.Unit{Format: f, Data: data, Length: h.Duration()}, true
}
