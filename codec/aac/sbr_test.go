package aac_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"relay/codec"
	"relay/codec/aac"
)

// bitString returns the bits of b as a text.
func bitString(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		for i := 7; i >= 0; i-- {
			s.WriteByte('0' + c>>i&1)
		}
	}
	return s.String()
}

func fromBits(s string) (b []byte) {
	s += strings.Repeat("0", -len(s)&7)
	for ; s != ""; s = s[8:] {
		var c byte
		for _, bit := range s[:8] {
			c = c<<1 | byte(bit-'0')
		}
		b = append(b, c)
	}
	return b
}

// fil returns the bits of a FIL element with an extension type and n bytes in all.
func fil(extension string, n int) string {
	head := bitString([]byte{byte(n)})[4:]
	if n >= 15 {
		head = "1111" + bitString([]byte{byte(n - 14)})
	}
	return "110" + head + extension + strings.Repeat("01101001", n)[:8*n-4]
}

// withElements puts elements before the END of a frame.
func withElements(u codec.Unit, bits string) codec.Unit {
	all := strings.TrimRight(bitString(u.Data), "0")
	u.Data = fromBits(strings.TrimSuffix(all, "111") + bits + "111")
	return withLength(u, len(u.Data))
}

func each(list []codec.Unit, bits string) (changed []codec.Unit) {
	for _, u := range list {
		changed = append(changed, withElements(u, bits))
	}
	return changed
}

func TestImplicitSBRIsHeard(t *testing.T) {
	low, eight, high := load(t, "32-22050-mono"), load(t, "16-8000-mono"), load(t, "128-44100-stereo")
	he := each(low, fil("1101", 40))
	for _, tt := range []struct {
		name  string
		input []byte
		rate  int
		setup string
	}{
		{"SBR", join(he), 44100, "HE 1"},
		{"SBR with a CRC", join(each(low, fil("1110", 20))), 44100, "HE 1"},
		{"little SBR", join(each(low, fil("1101", 14))), 44100, "HE 1"},
		{"much SBR", join(each(low, fil("1101", 269))), 44100, "HE 1"},
		{"SBR, then fill bytes", join(each(low, fil("1101", 40)+fil("0000", 7)+fil("0001", 30))), 44100, "HE 1"},
		{"SBR in protected frames", join(protect(he)), 44100, "HE 1"},
		{"SBR at 8 kHz", join(each(eight, fil("1101", 9))), 16000, "HE 1"},
		{"SBR in one frame only", join(he[:1]), 44100, "HE 1"},
		{"SBR in most frames", join(low[:2], he[2:]), 44100, "HE 1"},
		{"SBR in some frames", join(low[:4], he[4:5], low[5:6], he[6:8], low[8:]), 22050, "LC 1"},
		{"fill bytes", join(each(low, fil("0000", 40))), 22050, "LC 1"},
		{"nothing", join(low), 22050, "LC 1"},
		{"SBR at 44.1 kHz", join(each(high, fil("1101", 40))), 44100, "LC 2"},
	} {
		for _, portion := range []int{1, 1000, 1 << 20} {
			list, _, _ := cut(tt.input, portion)
			if len(list) == 0 {
				t.Fatalf("%s: nothing comes out", tt.name)
			}
			for i, u := range list {
				if u.Format.SampleRate != tt.rate || u.Format.Setup.Value() != tt.setup || u.Gap != (i == 0) {
					t.Fatalf("%s: unit %d of %d is %v, %q, gap %v", tt.name, i, len(list), u.Format, u.Format.Setup.Value(), u.Gap)
				}
			}
			if silent, ok := aac.Codec.Silence(list[0].Format, 0); !ok || silent.Length != list[0].Length || silent.Format != list[0].Format {
				t.Errorf("%s: silence is %v, %v", tt.name, silent, ok)
			}
		}
	}
}

// The run keeps what was decided when bytes are lost, and decides anew for another format.
func TestSBRIsDecidedForARun(t *testing.T) {
	low := load(t, "32-22050-mono")
	he, other := each(low, fil("1101", 40)), load(t, "16-8000-mono")
	list, _, _ := cut(join(he[:20], he[20].Data[:50], low[21:30], other[:10], low[30:50]), 500)
	var runs []string
	for _, u := range list {
		if name := u.Format.String(); len(runs) == 0 || runs[len(runs)-1] != name {
			runs = append(runs, name)
		}
	}
	if got := strings.Join(runs, "; "); got != "AAC, 44.1 kHz mono; AAC, 8 kHz mono; AAC, 22.05 kHz mono" {
		t.Error(got)
	}
}

// What has no SBR is never taken for it, whatever it sounds like.
func TestNoSBRIsHeardInLC(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		if os.Getenv("RELAY_E2E_REQUIRE") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	seen, found := 0, 0
	for _, rate := range []string{"8000", "11025", "12000", "16000", "22050", "24000"} {
		for _, source := range []string{
			"anoisesrc=c=pink:a=0.3", "anoisesrc=c=white:a=0.1", "sine=997", "aevalsrc=0.4*sin(2*PI*(100+400*t)*t)", "anullsrc",
			"aevalsrc=(0.3*random(0)-0.15)*gt(sin(5*t)\\,0)+0.2*sin(700*t)",
		} {
			for _, layout := range []string{"mono", "stereo"} {
				out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-t", "4", "-af", "aformat=sample_rates="+rate+":channel_layouts="+layout, "-c:a", "aac", "-b:a", "24k", "-f", "adts", "-").Output()
				if err != nil {
					t.Fatal(err)
				}
				list, _, _ := cut(out, 1<<20)
				for _, u := range list {
					seen++
					if aac.EndsInSBR(u.Data) {
						found++
					}
				}
				// Every place in the stream could be the one where a listener's server joins.
				for first := range list[:len(list)-10] {
					got, _, _ := cut(join(list[first:first+10]), 1<<20)
					if got[0].Format.Setup.Value()[:2] != "LC" {
						t.Fatalf("%s Hz, %s, %s: from frame %d it is taken for HE", rate, source, layout, first)
					}
				}
			}
		}
	}
	t.Logf("%d of %d frames look as if they had SBR", found, seen)
}
