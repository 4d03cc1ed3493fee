package ogg_test

import (
	"bytes"
	"encoding/binary"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"relay/codec"
	"relay/codec/codectest"
	"relay/codec/ogg"
)

// without leaves out a page.
func without(t testing.TB, b []byte, n int) []byte {
	all := pages(t, b)
	return join(bytes.Join(all[:n], nil), bytes.Join(all[n+1:], nil))
}

func TestDamage(t *testing.T) {
	opus := repage(t, file(t, "opus-ffmpeg-1"), 5)
	all := pages(t, opus)
	n := len(all)
	flipped := bytes.Clone(opus)
	flipped[len(bytes.Join(all[:5], nil))+60] ^= 1
	cover := append([]byte("OpusTags\x05\x00\x00\x00relay\x02\x00\x00\x00\x40\x4b\x4c\x00METADATA_BLOCK_PICTURE="), bytes.Repeat([]byte("A"), 5_000_000-23)...)
	cover = append(cover, "\x0a\x00\x00\x00title=Late"...)
	dots := strings.Repeat(".", n-2)

	for _, test := range []struct {
		name    string
		input   []byte
		want    string // as gaps says
		resyncs int64
	}{
		{"whole", opus, "#|" + dots, 0},
		{"a page is missing", without(t, opus, 5), "#|...|" + dots[4:], 1},
		{"a wrong CRC", flipped, "#|...|" + dots[4:], 2},
		{"garbage between pages", join(bytes.Join(all[:5], nil), []byte("garbageOggSOgg"), bytes.Join(all[5:], nil)), "#|...|" + dots[3:], 1},
		{"ID3 between pages", join(bytes.Join(all[:5], nil), []byte("ID3\x04\x00\x00\x00\x00\x00\x05hello"), bytes.Join(all[5:], nil)), "#|" + dots, 0},
		{"a lying ID3 tag first", join([]byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f"), opus), "#|" + dots, 0},
		{"garbage first", join([]byte("HTTP/1.0 200 OK\r\n\r\n"), opus), "#|" + dots, 0},
		{"from the middle", bytes.Join(all[7:], nil), "", 0},
		{"from the middle, then a link", join(bytes.Join(all[7:], nil), opus), "#|" + dots, 0},
		{"the comments are missing", without(t, opus, 1), "", 1},
		{"the BOS page is missing", without(t, opus, 0), "", 0},
		{"two links", join(opus, opus), "#|" + dots + "#" + dots, 0},
		{"two links, cut off", join(opus[:len(opus)-10], opus), "#|" + dots[1:] + "#|" + dots, 1},
		{"a link without audio", join(all[0], all[1], edit(t, opus, func(_ int, p []byte) { p[14]++ })), "#|" + dots, 0},
		{"only headers", join(all[0], all[1]), "", 0},
		{"nothing", nil, "", 0},
		{"no Ogg", bytes.Repeat([]byte{0xff, 0xfb, 0x90, 0}, 1000), "", 0},
		{"a stray page", join(bytes.Join(all[:5], nil), editPage(all[5], func(p []byte) { p[14]++ }), bytes.Join(all[5:], nil)), "#|" + dots, 0},
		{"a page comes twice", join(bytes.Join(all[:5], nil), all[4], bytes.Join(all[5:], nil)), "#|...|." + dots[3:], 1},
		{"EOS on every page", edit(t, opus, func(i int, p []byte) { p[5] |= 4 }), "#|" + dots, 0},
		{"granules of -1", edit(t, opus, func(i int, p []byte) { binary.LittleEndian.PutUint64(p[6:], 1<<64-1) }), "#|" + dots, 0},
		{"cover art of 5 MB", join(all[0], pagesOf(all[0], 1, cover), renumber(t, all[2:], 1+len(pages(t, pagesOf(all[0], 1, cover))))), "#|" + dots, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			list, f := cut(test.input, whole)
			if f.Err() != nil {
				t.Fatal(f.Err())
			}
			got := gaps(list)
			if test.name == "a page comes twice" {
				// Two gaps: before the page that comes twice, and behind it.
				got = strings.Replace(got, "||", "|", 1)
			}
			if got != test.want || f.Stats().Resyncs != test.resyncs {
				t.Errorf("%s, %d resyncs, want\n%s, %d", got, f.Stats().Resyncs, test.want, test.resyncs)
			}
			if test.name == "cover art of 5 MB" && list[0].Tags.Title != "Late" {
				t.Errorf("the title behind the picture is %q", list[0].Tags.Title)
			}
			if len(list) > 0 {
				s := play(t, ogg.Opus).joined(list)
				s.check(t, 1)
			}
		})
	}
}

// pagesOf returns the pages of a packet that belong to the stream of a page.
func pagesOf(of []byte, sequence int, packet []byte) (out []byte) {
	for continued := byte(0); ; continued = 1 {
		full := min(len(packet)/255, 255)
		table := bytes.Repeat([]byte{255}, full)
		size := full * 255
		if full < 255 {
			table = append(table, byte(len(packet)-size))
			size = len(packet)
		}
		p := join([]byte("OggS\x00"), []byte{continued}, make([]byte, 8), of[14:18])
		p = binary.LittleEndian.AppendUint32(p, uint32(sequence))
		p = append(p, 0, 0, 0, 0, byte(len(table)))
		p = join(p, table, packet[:size])
		ogg.SetCRC(p)
		out = append(out, p...)
		packet = packet[size:]
		sequence++
		if full < 255 {
			return out
		}
	}
}

// renumber returns pages with sequence numbers from first on.
func renumber(t testing.TB, list [][]byte, first int) []byte {
	return edit(t, bytes.Join(list, nil), func(i int, p []byte) { binary.LittleEndian.PutUint32(p[18:], uint32(first+i)) })
}

// bos returns a page that begins a stream.
func bos(serial byte, packet string) []byte {
	p := pagesOf([]byte{14: serial, 0, 0, 0}, 0, []byte(packet))
	return editPage(p, func(p []byte) { p[5] = 2 })
}

func TestErrors(t *testing.T) {
	opus, vorbis, flac := file(t, "opus-ffmpeg-1"), file(t, "vorbis-ffmpeg-1"), file(t, "flac-flac")
	other := edit(t, opus, func(_ int, p []byte) { p[14]++ })
	head := func(b []byte, at int, value byte) []byte {
		return edit(t, b, func(i int, p []byte) {
			if i == 0 {
				p[28+at] = value
			}
		})
	}
	var pictures [][]byte
	page := bytes.Repeat([]byte("A"), 255*255)
	for i := range 300 {
		pictures = append(pictures, pagesOf(opus[:28], 1+i, page)[:27+255+255*255])
	}
	var tiny [][]byte
	for i := range 5000 {
		tiny = append(tiny, pagesOf(flac[:28], 1+i, []byte("\x06\x00\x00\x00")))
	}
	endless := edit(t, bytes.Join(pictures, nil), func(i int, p []byte) { p[5] = byte(min(i, 1)) })
	for _, test := range []struct {
		name  string
		input []byte
		want  string
	}{
		{"Theora", join(bos(1, "\x80theora\x03\x02\x01"), opus), "it sends Ogg with video (Theora): send one stream of Opus, Vorbis or FLAC alone"},
		{"Theora after the audio", join(pages(t, vorbis)[0], bos(1, "\x80theora\x03\x02\x01")), "video (Theora)"},
		{"Skeleton", join(bos(1, "fishead\x00\x03\x00"), opus), "a Skeleton"},
		{"Speex", bos(1, "Speex   1.2"), "Speex"},
		{"anything", bos(1, "anything"), "an unknown codec"},
		{"two streams", join(pages(t, opus)[0], other), "more than one stream in its Ogg (Opus and Opus)"},
		{"another codec", join(opus, vorbis), "it changed from Opus to Vorbis in mid-stream"},
		{"Opus with 0 channels", head(opus, 9, 0), "its Opus headers are invalid: it has 0 channels"},
		{"Opus version 16", head(opus, 8, 16), "version 16 is unknown"},
		{"Opus mapping family 7", head(opus, 18, 7), "mapping family 7 is unknown"},
		{"Opus mapping family 1 without a table", head(opus, 18, 1), "the channel mapping is too short"},
		{"Opus mapping to nowhere", head(file(t, "opus-surround"), 21, 77), "names channel 77 of 6"},
		{"Vorbis with 0 channels", head(vorbis, 11, 0), "its Vorbis headers are invalid: it has 0 channels"},
		{"Vorbis without a setup", join(pages(t, vorbis)[0], pagesOf(vorbis, 1, []byte("\x03vorbis\x00\x00\x00\x00\x00\x00\x00\x00\x01")), pagesOf(vorbis, 2, []byte("\x05vorbis1234567890"))), "the setup header has no modes"},
		{"Vorbis with an endless setup", join(pages(t, vorbis)[0], pagesOf(vorbis, 1, []byte("\x03vorbis\x00\x00\x00\x00\x00\x00\x00\x00\x01")), pagesOf(vorbis, 2, make([]byte, 300<<10))), "longer than 256 KiB"},
		{"Vorbis without comments", join(pages(t, vorbis)[0], pagesOf(vorbis, 1, []byte("hello"))), "the second header has no comments"},
		{"FLAC with blocks of 0", head(flac, 19, 0), "blocks cannot have"},
		{"FLAC mapping 2", head(flac, 5, 2), "version 2 of the mapping is unknown"},
		{"comments that do not end", join(pages(t, opus)[0], endless), "its Opus headers are invalid: the headers do not end"},
		{"blocks that do not end", join(editPage(pages(t, flac)[0], func(p []byte) { p[28+7], p[28+8] = 0, 0 }), bytes.Join(tiny, nil)), "the headers do not end"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, f := cut(test.input, whole)
			if f.Err() == nil || !strings.Contains(f.Err().Error(), test.want) {
				t.Fatalf("error %v, want %q", f.Err(), test.want)
			}
			f.Write(opus)
			if _, ok := f.Next(); ok {
				t.Error("a unit after the error")
			}
		})
	}
	// What was complete before is released.
	list, _ := cut(join(opus, vorbis), whole)
	if len(list) != len(units(t, opus)) {
		t.Errorf("%d units before the error", len(list))
	}
}

// Real files with video are refused.
func TestRealVideo(t *testing.T) {
	out, err := exec.Command(codectest.Program(t, "ffmpeg"), strings.Fields("-v error -f lavfi -i testsrc=d=0.2 -f lavfi -i sine=d=0.2 -c:v libtheora -c:a libvorbis -f ogg -")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	if _, f := cut(out, whole); f.Err() == nil || !strings.Contains(f.Err().Error(), "Theora") {
		t.Errorf("error %v", f.Err())
	}
}

// Memory stays bounded, whatever comes.
func TestMemoryIsBounded(t *testing.T) {
	opus := file(t, "opus-ffmpeg-1")
	page := pagesOf(opus[:28], 2, bytes.Repeat([]byte{0xfc}, 255*255))[:27+255+255*255]
	f := ogg.NewFramer()
	write := func(b []byte) {
		f.Write(b)
		for _, ok := f.Next(); ok; _, ok = f.Next() {
		}
	}
	write(join(pages(t, opus)[0], pages(t, opus)[1]))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 1000 { // a packet of 65 MB
		write(editPage(page, func(p []byte) {
			binary.LittleEndian.PutUint32(p[18:], uint32(2+i))
			p[5] = byte(min(i, 1))
		}))
	}
	write(make([]byte, 1<<20))
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("%d bytes are kept", grown)
	}
	if f.Stats().Garbage < 60<<20 || f.Stats().Units != 0 {
		t.Errorf("%+v", f.Stats())
	}
	runtime.KeepAlive(f)
}

// After any damage, decoders play what is left without a word.
func TestDecodersAfterDamage(t *testing.T) {
	for _, s := range files {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			b := repage(t, file(t, s.name), 9)
			all := pages(t, b)
			var damaged []byte
			for i, p := range all {
				switch {
				case i > len(all)/2 && i%5 == 0:
					p = p[:len(p)/2]
				case i > len(all)/2 && i%5 == 2:
					p = nil
				}
				damaged = append(damaged, p...)
			}
			list := units(t, damaged)
			data := play(t, s.codec).joined(list)
			data.check(t, 1)
			mustPlay(t, s.codec, data.data)
		})
	}
}

// Quiet is quieter than loud, where the encoder shows it.
func TestLevel(t *testing.T) {
	for _, options := range []string{"libopus -b:a 64k", "libvorbis -q:a 3", "flac"} {
		out, err := exec.Command(codectest.Program(t, "ffmpeg"), strings.Fields("-v error -f lavfi -i anoisesrc=d=2:a=0.5:r=48000 -af volume='if(lt(t,1),1,0.003)':eval=frame,pan=stereo|c0=c0|c1=c0 -c:a "+options+" -f ogg -")...).Output()
		if err != nil {
			t.Fatal(err)
		}
		level := func(list []codec.Unit) (sum int) {
			for _, u := range list {
				n := u.Format.Codec.Level(u)
				if n < -59 || n > 0 {
					t.Fatalf("%s: level %d", options, n)
				}
				sum += n
			}
			return sum / len(list)
		}
		list := units(t, out)
		half := len(list) / 2
		if loud, quiet := level(list[:half]), level(list[half+1:]); loud < quiet {
			t.Errorf("%s: the loud half has %d dB, the quiet one %d", options, loud, quiet)
		}
	}
	for _, options := range []string{"libopus", "libvorbis", "flac"} {
		out, err := exec.Command(codectest.Program(t, "ffmpeg"), strings.Fields("-v error -f lavfi -i anullsrc=d=2:r=48000 -c:a "+options+" -f ogg -")...).Output()
		if err != nil {
			t.Fatal(err)
		}
		list := units(t, out)
		if u := list[len(list)/2]; u.Format.Codec.Level(u) != codec.DigitalSilence {
			t.Errorf("%s: silence has level %d", options, u.Format.Codec.Level(u))
		}
	}
}

// High and low bit rates both work.
func TestBitRates(t *testing.T) {
	for _, options := range []string{"libopus -b:a 6k -application voip -ac 1", "libopus -ac 2 -b:a 510k -vbr off", "flac -sample_fmt s32 -ac 8 -ar 192000 -strict -2"} {
		out, err := exec.Command(codectest.Program(t, "ffmpeg"), strings.Fields("-v error -f lavfi -i anoisesrc=d=2:r=48000 -c:a "+options+" -f ogg -")...).Output()
		if err != nil {
			t.Fatal(err)
		}
		list, f := cut(out, func() int { return 1000 })
		if f.Err() != nil || f.Stats().Garbage > 0 || !near(sum(list), 2*time.Second) {
			t.Fatalf("%s: %v, %v long, %+v", options, f.Err(), sum(list), f.Stats())
		}
		s := play(t, list[0].Format.Codec).joined(list)
		s.check(t, 1)
		mustPlay(t, list[0].Format.Codec, s.data)
		if a, b := hashes(list), hashes(units(t, s.data)); !equalHashes(a, b) {
			t.Errorf("%s: not the same after a splicer: %d units, then %d", options, len(a), len(b))
		}
	}
}
