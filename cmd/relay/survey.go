package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"

	"relay/codec/known"
	"relay/conf"
	"relay/ingest/autodj"
	"relay/ingest/autodj/library"
	"relay/ingest/encode"
	"relay/internal/disk"
	"relay/mounts"
	"relay/web/pages"
)

const (
	// surveyPatience is how long a disk may take to show which music it has.
	surveyPatience = 3 * time.Second

	// probePatience is how long ffprobe may take to look into that music. On a busy machine
	// each file can take it seconds.
	probePatience = 15 * time.Second
)

// probes check the contents of files in a configuration, as the server would.
var probes = conf.Probes{
	Music: func(path string) string { return nothingPlayable([]string{path}) },
	Intro: func(path string) string {
		return unusable(path, "listeners get no intro until it is MP3, AAC, Opus, Vorbis or FLAC in Ogg", func() error { return mounts.TryIntro(path) })
	},
	Encoder: func() string {
		if err := encode.Installed(); err != nil {
			return err.Error()
		}
		return ""
	},
	Logo: func(path string) string {
		return unusable(path, "name another picture", func() error { _, err := pages.ReadLogo(path); return err })
	},
}

// playable returns which files can be played here.
func playable() library.Plays {
	if encode.Installed() == nil {
		return library.Everything
	}
	return library.Only(".mp3", ".aac", ".ogg", ".oga", ".opus")
}

// probe returns why a file cannot be played, or nil.
func probe(file *os.File) error {
	_, err := autodj.Probe(context.Background(), file, encode.NewConverter(zap.NewNop()))
	return err
}

// survey looks for music at some paths. The error is disk.ErrNoAnswer.
func survey(paths []string) (library.Survey, error) {
	type onDisk struct {
		library.Survey
		foreign bool // what seems playable may be, by ffmpeg
	}
	at := strings.Join(paths, "\x00")
	found, err := disk.Look("survey", at, surveyPatience, func() (found onDisk, _ error) {
		found.Survey = library.Look(paths, playable(), func(file *os.File) error {
			_, err := known.Probe(file)
			var none *known.NoAudioError
			if err == nil || encode.Installed() != nil || errors.As(err, &none) && none.Empty {
				return err
			}
			found.foreign = true
			return nil
		})
		return found, nil
	})
	if err != nil || !found.foreign {
		return found.Survey, err
	}
	return disk.Look("probe", at, probePatience, func() (library.Survey, error) { return library.Look(paths, playable(), probe), nil })
}

// unusable returns why a file cannot be used, and the consequence. It returns "" if the
// file can be used, or if the disk takes too long.
func unusable(path, so string, try func() error) string {
	_, err := disk.Look("try", path, surveyPatience, func() (struct{}, error) { return struct{}{}, try() })
	if err == nil || errors.Is(err, disk.ErrNoAnswer) {
		return ""
	}
	return fmt.Sprintf("%s cannot be used (%v): %s", path, err, so)
}

// nothingPlayable returns why no file of some music can be played, and the remedy. It
// returns "" if some can, or if the disk or ffprobe takes too long.
func nothingPlayable(paths []string) string {
	s, err := survey(paths)
	if err != nil || s.Playable {
		return ""
	}
	const convert = "install ffmpeg, which brings it to the format of the mount, or put MP3 files there"
	where := strings.Join(paths, ", ")
	switch {
	case s.Tracks > 0:
		return fmt.Sprintf("none of the %d files in %s can be played (%s): put other files there", s.Tracks, where, s.Broken)
	case s.LeftOut != "":
		return fmt.Sprintf("there is no MP3 file in %s, only %s: %s", where, s.LeftOut, convert)
	case s.Problems != "":
		return fmt.Sprintf("there is no music in %s (%s): put some there", where, s.Problems)
	}
	return fmt.Sprintf("there is no music in %s: put some there", where)
}
