package known

import (
	"bytes"
	"strings"

	tcolgate "github.com/tcolgate/mp3"

	"relay/codec/aac"
	"relay/codec/frames"
	"relay/codec/mp3"
)

// foreignRow is how many headers of another format must follow each other before a
// stream counts as being in that format.
const foreignRow = 4

// Name names the format of a stream, or returns "" for MP3 and for an unknown one. b is a
// piece of the stream, some KiB or more, without tags. If b is the start of the stream,
// the signatures of file formats are recognised too. Streams wrongly labelled as MP3 are
// most often Layer II, AAC or Ogg.
func Name(b []byte) string {
	if name := foreignFile(b); name != "" {
		return name
	}
	for _, format := range foreignFrames {
		for i := range b {
			if b[i] != format.header.Sync {
				continue
			}
			if _, _, end := format.header.Row(b[i:], foreignRow); end == frames.Enough {
				return format.name
			}
		}
	}
	return ""
}

// IsFile reports whether b is the beginning of a file of a kind that no Framer takes, such
// as WAV or MP4, as its signature tells.
func IsFile(b []byte) bool {
	name := foreignFile(b)
	return name != "" && !strings.HasPrefix(name, "Ogg")
}

// foreignFile names a format by the first bytes of a stream.
func foreignFile(b []byte) string {
	for _, f := range []struct {
		at          int
		magic, name string
	}{
		{28, "OpusHead", "Ogg Opus"}, {28, "\x01vorbis", "Ogg Vorbis"}, {28, "\x7fFLAC", "Ogg FLAC"}, {28, "Speex", "Ogg Speex"}, {0, "OggS\x00", "Ogg"},
		{0, "fLaC", "FLAC"}, {8, "WAVE", "WAV"}, {8, "AIFF", "AIFF"}, {0, "ADIF", "AAC (ADIF)"}, {4, "ftyp", "MP4 (AAC or ALAC)"},
		{0, "\x1a\x45\xdf\xa3", "WebM or Matroska"}, {0, "\x30\x26\xb2\x75", "Windows Media"}, {0, "FLV\x01", "Flash video"}, {0, ".snd", "AU"},
		{0, "#EXTM3U", "a playlist"}, {0, "[playlist]", "a playlist"}, {0, "<!DOCTYPE", "a web page"}, {0, "<!doctype", "a web page"}, {0, "<html", "a web page"},
		{0, "\xff\xd8\xff", "a JPEG picture"}, {0, "\x89PNG", "a PNG picture"},
	} {
		if f.at <= len(b) && bytes.HasPrefix(b[f.at:], []byte(f.magic)) && (f.at != 28 || bytes.HasPrefix(b, []byte("OggS"))) {
			return f.name
		}
	}
	if i := bytes.Index(b, []byte("OggS\x00")); i >= 0 && bytes.Contains(b[i+5:], []byte("OggS\x00")) {
		return "Ogg" // from the middle of a stream
	}
	if len(b) > 3*188 && b[0] == 0x47 && b[188] == 0x47 && b[2*188] == 0x47 && b[3*188] == 0x47 {
		return "an MPEG transport stream"
	}
	return ""
}

// foreignFrames lists the formats that consist of frames.
var foreignFrames = []struct {
	name   string
	header frames.Header
}{
	{"AAC (ADTS)", aac.ADTS},
	{"AAC (LATM)", aac.LATM},
	{"MPEG Layer II", mpeg(func(b []byte) (int, uint32) { return layerSize(b, tcolgate.Layer2) })},
	{"MPEG Layer I", mpeg(func(b []byte) (int, uint32) { return layerSize(b, tcolgate.Layer1) })},
	{"MP3 in free format", mpeg(freeSize)},
}

// mpeg returns what the headers of a kind of MPEG audio are like.
func mpeg(parse func(b []byte) (size int, stream uint32)) frames.Header {
	return frames.Header{Sync: 0xff, Size: mp3.HeaderSize, Parse: parse}
}

// layerSize reads a header of another layer of MPEG audio.
func layerSize(b []byte, layer tcolgate.FrameLayer) (size int, stream uint32) {
	if len(b) < mp3.HeaderSize || b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return 0, 0
	}
	field := tcolgate.FrameHeader(b[:mp3.HeaderSize])
	bitRate, sampleRate := int(field.BitRate()), int(field.SampleRate())
	if field.Version() == tcolgate.MPEGReserved || field.Layer() != layer || field.Emphasis() == tcolgate.EmphReserved || bitRate <= 0 || sampleRate <= 0 {
		return 0, 0
	}
	pad := 0
	if field.Pad() {
		pad = 1
	}
	if layer == tcolgate.Layer1 {
		size = (12*bitRate/sampleRate + pad) * 4
	} else {
		size = 144*bitRate/sampleRate + pad
	}
	return size, uint32(b[1])<<8 | uint32(b[2]&0x0c)
}

// maxFree is the maximum distance between two headers in free format, in bytes: 640
// kbit/s at 32 kHz.
const maxFree = 2880

// freeSize reads a layer III header with bit rate 0. The frame ends at the next such
// header.
func freeSize(b []byte) (size int, stream uint32) {
	if !isFree(b) {
		return 0, 0
	}
	stream = uint32(b[1])<<8 | uint32(b[2]&0x0c)
	for n := 32; n < maxFree && n+mp3.HeaderSize <= len(b); n++ {
		if isFree(b[n:]) && uint32(b[n+1])<<8|uint32(b[n+2]&0x0c) == stream {
			return n, stream
		}
	}
	return 0, stream
}

func isFree(b []byte) bool {
	return len(b) >= mp3.HeaderSize && b[0] == 0xff && b[1]&0xe6 == 0xe2 && b[1]&0x18 != 0x08 && b[2]&0xf0 == 0 && b[2]&0x0c != 0x0c && b[3]&0x03 != 2
}
