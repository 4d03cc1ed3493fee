package feed

import (
	"cmp"
	"context"
	"time"

	"relay/codec/mp3"
	"relay/mounts"
)

// defaultSilence is the header of silence on a mount that has never played:
// 128 kbit/s, 44.1 kHz, stereo.
var defaultSilence, _ = mp3.ParseHeader([]byte{0xff, 0xfb, 0x90, 0x00})

// SilenceAfter is how long a new mount may take to find something better than
// silence: music that is still being looked for, a fallback.
const SilenceAfter = time.Second

// playSilence gives a mount frames without sound, in the mount's format, until ctx is
// done or the mount is idle.
func (s *Fallbacks) playSilence(ctx context.Context, mount string) {
	select {
	case <-time.After(SilenceAfter):
	case <-ctx.Done():
		return
	}
	in, err := s.Registry.Attach(mount, mounts.Feed{Kind: mounts.Silent})
	if err != nil {
		return
	}
	defer in.Detach()
	pacer := NewPacer(in)
	for !s.idle(in.Mount) {
		h := silentHeader(in.Mount)
		if pacer.Play(ctx, mp3.Frame{Header: h, Data: mp3.Silence(h)}) != nil {
			return
		}
	}
}

// silentHeader returns the header of silence on a mount: that of the last frame if it
// has the mount's format, else one of the mount's format.
func silentHeader(m *mounts.Mount) mp3.Header {
	last, played := m.LastFrame()
	if !played {
		last = defaultSilence
	}
	format := m.Format()
	format.SampleRate = cmp.Or(format.SampleRate, last.SampleRate)
	format.Channels = cmp.Or(format.Channels, last.Channels)
	if last.Format() == format && mp3.Silence(last) != nil {
		return last
	}
	if h, ok := format.Header(last.BitRate); ok {
		return h
	}
	return defaultSilence
}
