package encode

import (
	"context"
	"os/exec"
	"strconv"

	"relay/codec/mp3"
)

// program is the encoder that is used unless another one is configured.
const program = "ffmpeg"

// ffmpeg returns a command that reads MP3 from its standard input and writes MP3 of a
// format and a bit rate (kbit/s) to its standard output, frame by frame. A part of the
// format that is 0 stays as it comes.
//
// Without nobuffer, probesize and analyzeduration ffmpeg would read more than a second
// before it writes anything.
func ffmpeg(ctx context.Context, to mp3.Format, kbits int) *exec.Cmd {
	args := []string{
		"-nostdin", "-hide_banner", "-loglevel", "error",
		"-f", "mp3", "-fflags", "nobuffer", "-probesize", "32", "-analyzeduration", "0", "-i", "pipe:0",
		"-map", "0:a:0", "-c:a", "libmp3lame", "-b:a", strconv.Itoa(kbits) + "k",
	}
	if to.SampleRate != 0 {
		args = append(args, "-ar", strconv.Itoa(to.SampleRate))
	}
	if to.Channels != 0 {
		args = append(args, "-ac", strconv.Itoa(to.Channels))
	}
	args = append(args, "-f", "mp3", "-write_xing", "0", "-id3v2_version", "0", "-flush_packets", "1", "pipe:1")
	return exec.CommandContext(ctx, program, args...)
}
