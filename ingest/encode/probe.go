package encode

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"relay/codec"
)

// prober is the program that comes with ffmpeg and looks into files.
const prober = "ffprobe"

// probeTime bounds how long it may take.
const probeTime = 10 * time.Second

var errNoSound = errors.New("it holds no audio")

// Tags returns the tags of a file of any kind, as ffprobe finds them, or why ffmpeg cannot
// play it.
func (*Converter) Tags(ctx context.Context, file *os.File) (codec.Tags, error) {
	ctx, stop := context.WithTimeout(ctx, probeTime)
	defer stop()
	cmd := exec.CommandContext(ctx, prober, "-v", "error", "-protocol_whitelist", "file", "-of", "json", "-select_streams", "a:0",
		"-show_entries", "format_tags=artist,title:stream_tags=artist,title:stream=codec_name", fileInput)
	cmd.Stdin, cmd.WaitDelay = file, encoderTime
	var said tail
	cmd.Stderr = &said
	out, err := cmd.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return codec.Tags{}, errNoFFmpeg
	case err != nil && said.String() != "":
		return codec.Tags{}, fmt.Errorf("ffmpeg cannot read it: %s", said.lastLine())
	case err != nil:
		return codec.Tags{}, err
	}
	var found struct {
		Streams []struct {
			Tags map[string]string `json:"tags"`
		} `json:"streams"`
		Format struct {
			Tags map[string]string `json:"tags"`
		} `json:"format"`
	}
	if err := json.Unmarshal(out, &found); err != nil {
		return codec.Tags{}, err
	}
	if len(found.Streams) == 0 {
		return codec.Tags{}, errNoSound
	}
	var t codec.Tags
	for _, tags := range []map[string]string{found.Streams[0].Tags, found.Format.Tags} {
		for key, value := range tags {
			switch strings.ToLower(key) {
			case "artist":
				t.Artist = value
			case "title":
				t.Title = value
			}
		}
	}
	return t, nil
}
