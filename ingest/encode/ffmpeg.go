package encode

import (
	"context"
	"os/exec"
	"strconv"
	"time"

	"relay/codec"
	"relay/codec/aac"
	"relay/codec/known"
	"relay/codec/mp3"
	"relay/codec/ogg"
)

// program is the encoder that is used unless another one is configured.
const program = "ffmpeg"

// dialect is what ffmpeg and its encoders need to be told of a codec.
type dialect struct {
	in    []string // arguments before the input
	out   []string // arguments before the output
	delay int      // samples by which sound is later in the output than in the input
}

// MP3 and AAC describe themselves in each frame: without these arguments ffmpeg would read
// more than a second before it writes anything. The pages of Ogg are flushed for each
// tenth of a second, as MP3 frames come out of an encoder.
var (
	atOnce   = []string{"-probesize", "32", "-analyzeduration", "0"}
	intoOgg  = []string{"-f", "ogg", "-page_duration", "100000"}
	dialects = map[codec.Codec]dialect{
		mp3.Codec:  {in: append([]string{"-f", "mp3"}, atOnce...), out: []string{"-c:a", "libmp3lame", "-f", "mp3", "-write_xing", "0", "-id3v2_version", "0"}, delay: 529 + 1105}, // decoder and LAME
		aac.Codec:  {in: append([]string{"-f", "aac"}, atOnce...), out: []string{"-c:a", "aac", "-f", "adts"}, delay: 1024},
		ogg.Opus:   {in: []string{"-f", "ogg"}, out: append([]string{"-c:a", "libopus"}, intoOgg...), delay: 312},
		ogg.Vorbis: {in: []string{"-f", "ogg"}, out: append([]string{"-c:a", "libvorbis"}, intoOgg...)},
		ogg.FLAC:   {in: []string{"-f", "ogg"}, out: append([]string{"-c:a", "flac", "-sample_fmt", "s16"}, intoOgg...)},
	}
)

// ffmpeg returns a command that reads audio of a codec from its standard input and writes
// audio of a format and a bit rate (kbit/s) to its standard output, unit by unit. A part
// of the format that is 0 stays as it comes.
func ffmpeg(ctx context.Context, from codec.Codec, to codec.Format, kbits int) *exec.Cmd {
	return ffmpegOf(ctx, append([]string{"-fflags", "nobuffer"}, append(dialects[from].in, "-i", "pipe:0")...), to, kbits)
}

// fileInput is standard input, as a file that can be read at any place.
const fileInput = "file:/dev/fd/0"

// ffmpegFile is ffmpeg for a file of any kind, which is its standard input. ffmpeg opens
// it by itself, since some kinds cannot be read from their beginning to their end.
func ffmpegFile(ctx context.Context, to codec.Format, kbits int) *exec.Cmd {
	return ffmpegOf(ctx, []string{"-protocol_whitelist", "file", "-i", fileInput}, to, kbits)
}

func ffmpegOf(ctx context.Context, input []string, to codec.Format, kbits int) *exec.Cmd {
	if to.Codec == nil {
		to.Codec = known.Default
	}
	args := append([]string{"-nostdin", "-hide_banner", "-loglevel", "error"}, input...)
	args = append(args, "-map", "0:a:0", "-map_metadata", "-1", "-vn", "-sn", "-dn")
	args = append(args, dialects[to.Codec].out...)
	if kbits != 0 && to.Codec != ogg.FLAC {
		args = append(args, "-b:a", strconv.Itoa(kbits)+"k")
	}
	if to.Codec == ogg.Opus {
		to.SampleRate = ogg.OpusRate // its encoder takes few rates, and players hear this one
	}
	if to.SampleRate != 0 {
		args = append(args, "-ar", strconv.Itoa(to.SampleRate))
	}
	if to.Channels != 0 {
		args = append(args, "-ac", strconv.Itoa(to.Channels))
	}
	args = append(args, "-flush_packets", "1", "pipe:1")
	return exec.CommandContext(ctx, program, args...)
}

// lag returns how much later a sound is in the output of an encoder than in its input.
func lag(to codec.Format) time.Duration {
	if to.SampleRate == 0 {
		return 0
	}
	return time.Duration(dialects[to.Codec].delay) * time.Second / time.Duration(to.SampleRate)
}

// nearBitRate returns the bit rate that audio gets in another format, in kbit/s: that of
// the input or one near it. The first units of an input with a variable bit rate may be
// silence: it gets what it announced, or 64 kbit/s for each channel, if that is more.
func nearBitRate(to codec.Format, average, announced int, varies bool) int {
	if varies {
		average = max(average, announced, 64*max(to.Channels, 1))
	}
	switch to.Codec {
	case mp3.Codec:
		return nearLayerIII(to, average)
	case aac.Codec:
		return min(max(average, 16), 160*max(to.Channels, 1))
	case ogg.Opus:
		return min(max(average, 12), 160*max(to.Channels, 1))
	case ogg.Vorbis:
		return 64 * max(to.Channels, 1) // always the same: each bit rate has other codebooks, and so another link
	}
	return average
}

func nearLayerIII(to codec.Format, average int) int {
	h, _ := mp3.HeaderOf(to, average*1000)
	if h.SampleRate < 16000 { // LAME has no more for MPEG-2.5
		return min(h.BitRate/1000, 64)
	}
	return h.BitRate / 1000
}
