package mounts

import (
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/codec"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
)

var (
	stereo44 = codec.Format{Codec: mp3.Codec, SampleRate: 44100, Channels: 2}
	mono48   = codec.Format{Codec: mp3.Codec, SampleRate: 48000, Channels: 1}
)

// monoFrame returns a frame of 48 kHz mono with a number.
func monoFrame(n uint64) codec.Unit {
	h := frametest.Header(64000, 48000, 1)
	return mp3.Frame{Header: h, Data: frametest.Numbered(h, n)}.Unit()
}

// The mount has the format of the first input that plays while somebody listens. A
// change that listeners hear is told once.
func TestMountKeepsItsFormat(t *testing.T) {
	core, logs := observer.New(zap.WarnLevel)
	r := NewRegistry(conf.NewLive(conf.Default()), nil, zap.New(core))
	files := attach(t, r, "/live", Files)
	m := files.Mount
	if got := m.Format(); got != (codec.Format{}) {
		t.Errorf("a mount that has not played has the format %v", got)
	}
	files.Write(numbered(1))
	live := attach(t, r, "/live", LiveSource)
	live.Write(monoFrame(2))
	if got := m.Format(); got != mono48 {
		t.Errorf("without listeners it keeps %v", got)
	}
	if at, _, _ := m.Stream.Join(bytesOf(64<<10), nil); at.Offset() == 0 {
		t.Error("a new listener gets audio of the format before")
	}
	live.Detach()
	listen(t, m)
	again := attach(t, r, "/live", LiveSource)
	for n := range uint64(3) {
		again.Write(numbered(3 + n))
	}
	if got := m.Format(); got != mono48 {
		t.Errorf("with listeners it changes to %v", got)
	}
	if got := logs.TakeAll(); len(got) != 1 || got[0].ContextMap()["before"] != "MP3, 48 kHz mono" {
		t.Errorf("told %v, want one change", got)
	}
}

func TestConfiguredFormat(t *testing.T) {
	r := newRegistry(t, "[[mount]]\nname = '/live'\nformat = { rate = 44100, channels = 2 }\n[[mount]]\nname = '/half'\nformat = { channels = 1 }")
	live := attach(t, r, "/live", LiveSource)
	live.Write(monoFrame(1))
	if got := live.Mount.Format(); got != stereo44 {
		t.Errorf("the format is %v", got)
	}
	half := attach(t, r, "/half", LiveSource)
	half.Write(monoFrame(1))
	if got := half.Mount.Format(); got != mono48 {
		t.Errorf("the format is %v", got)
	}
}
