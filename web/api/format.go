package api

import (
	"relay/codec"
	"relay/mounts"
)

// Format is a format of audio.
type Format struct {
	Codec    string `json:"codec"` // see conf.Codecs; empty: not known
	Rate     int    `json:"rate"`  // Hz
	Channels int    `json:"channels"`
}

// formatOf returns nil for a format that is not known.
func formatOf(f codec.Format) *Format {
	if f.SampleRate == 0 || f.Channels == 0 {
		return nil
	}
	key := ""
	if f.Codec != nil {
		key = f.Codec.Key()
	}
	return &Format{key, f.SampleRate, f.Channels}
}

// The values of Source.Conversion.
const (
	conversionNone    = "none"
	conversionRunning = "running"
	conversionFailed  = "failed"
)

// conversionOf returns whether the audio of an input is brought to the format of its
// mount and, if that has failed, why.
func conversionOf(in mounts.InputStatus) (state, problem string) {
	switch {
	case in.Problem != nil:
		return conversionFailed, in.Problem.Error()
	case in.Converted:
		return conversionRunning, ""
	}
	return conversionNone, ""
}
