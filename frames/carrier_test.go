package frames_test

import (
	"bytes"
	"testing"

	"relay/frames"
	"relay/frames/frametest"
)

// carried returns the carrier for the frame list[at], nil if it needs none.
func carried(t testing.TB, list []frames.Frame, at int) []byte {
	t.Helper()
	var r frames.Reservoir
	for _, f := range list[max(at-30, 0):at] {
		r.Keep(f)
	}
	b, ok := frames.Carrier(nil, list[at], r.Bytes())
	if !ok {
		t.Fatalf("no carrier for frame %d, which leans on %d bytes of %d", at, list[at].MainDataBegin(), len(r.Bytes()))
	}
	return b
}

func TestCarrierBringsWhatTheFrameLeansOn(t *testing.T) {
	for _, name := range encoderOutputs {
		t.Run(name, func(t *testing.T) {
			list := load(t, name)
			var all []byte // main data so far
			carriers := 0
			for i, f := range list {
				need := f.MainDataBegin()
				b := carried(t, list, i)
				if (need == 0) != (b == nil) {
					t.Fatalf("frame %d leans on %d bytes, its carrier has %d", i, need, len(b))
				}
				if need > 0 {
					carriers++
					h, ok := frames.ParseHeader(b)
					c := frames.Frame{Header: h, Data: b}
					if !ok || len(b) != h.Size || h.Protected || h.Version != f.Version || h.SampleRate != f.SampleRate || h.Channels != f.Channels {
						t.Fatalf("frame %d: carrier %+v for %+v", i, h, f.Header)
					}
					if c.MainDataBegin() != 0 || !bytes.HasSuffix(b[h.MainData():], all[len(all)-need:]) {
						t.Fatalf("frame %d: the carrier does not end in the bytes before it", i)
					}
					if len(bytes.Trim(b[frames.HeaderSize:h.MainData()], "\x00")) != 0 {
						t.Fatalf("frame %d: the carrier is not silent", i)
					}
					var s frames.Splicer
					for _, f := range append([]frames.Frame{c}, list[i:min(i+20, len(list))]...) {
						f.Gap = false
						if !bytes.Equal(s.Pass(f), f.Data) {
							t.Fatalf("frame %d: something is muted after its carrier", i)
						}
					}
				}
				all = append(all, f.Data[f.MainData():]...)
			}
			if carriers == 0 {
				t.Error("no frame of this file leans on another: it proves nothing")
			}
		})
	}
}

// leaning returns a frame of format h that leans as far back as it can.
func leaning(h frames.Header) frames.Frame {
	f := frames.Frame{Header: h, Data: frames.Silence(h)}
	at := frames.HeaderSize
	if h.Protected {
		at += 2
	}
	f.Data[at] = 0xff
	if h.Samples == 1152 {
		f.Data[at+1] = 0x80
	}
	return f
}

func TestEveryFormatHasACarrier(t *testing.T) {
	reservoir := bytes.Repeat([]byte("0123456"), 73)
	for _, h := range everyFormat() {
		f := leaning(h)
		need := f.MainDataBegin()
		dst := []byte("before")
		b, ok := frames.Carrier(dst, f, reservoir)
		if !ok || !bytes.HasPrefix(b, dst) || !bytes.HasSuffix(b, reservoir[len(reservoir)-need:]) {
			t.Fatalf("%+v: no carrier", h)
		}
		carrier, _ := frames.ParseHeader(b[len(dst):])
		if carrier.Size != len(b)-len(dst) || carrier.Size-carrier.MainData() < need {
			t.Fatalf("%+v: carrier %+v in %d bytes", h, carrier, len(b))
		}
		if b, ok := frames.Carrier(dst, f, reservoir[:need-1]); ok || !bytes.Equal(b, dst) {
			t.Fatalf("%+v: a carrier of bytes that are not there", h)
		}
	}
}

func TestReservoirForgetsAtAGap(t *testing.T) {
	var r frames.Reservoir
	f := frames.Frame{Header: mpeg2, Data: frametest.Numbered(mpeg2, 1)}
	own := f.Size - f.MainData()
	for _, step := range []struct {
		f    frames.Frame
		gap  bool
		want int
	}{
		{f, false, own}, {f, false, 2 * own}, {f, false, 511}, {f, false, 511}, {f, true, own},
		{frames.Frame{Header: stereo128, Data: frametest.Numbered(stereo128, 1)}, false, stereo128.Size - stereo128.MainData()},
	} {
		step.f.Gap = step.gap
		r.Keep(step.f)
		if got := len(r.Bytes()); got != step.want {
			t.Fatalf("%d bytes are kept, want %d", got, step.want)
		}
		if !bytes.HasSuffix(r.Bytes(), step.f.Data[step.f.MainData():]) {
			t.Fatal("the newest main data are not the last")
		}
	}
}

func BenchmarkReservoir(b *testing.B) {
	list := load(b, "cbr-128-44100-stereo")
	var r frames.Reservoir
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range list {
			r.Keep(f)
		}
	}
}
