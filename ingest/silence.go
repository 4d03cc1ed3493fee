package ingest

import (
	"context"
	"time"

	"relay/frames"
	"relay/mounts"
)

// defaultSilence is the header of silence on a mount that has never played:
// 128 kbit/s, 44.1 kHz, stereo.
var defaultSilence, _ = frames.ParseHeader([]byte{0xff, 0xfb, 0x90, 0x00})

// silenceAfter is how long a mount that has just come is given to find
// something better: music that is still being looked for, a fallback.
const silenceAfter = time.Second

// playSilence gives a mount frames without sound, in the format that was
// played last, until ctx ends or the mount is idle.
func (s *Substitutes) playSilence(ctx context.Context, mount string) {
	select {
	case <-time.After(silenceAfter):
	case <-ctx.Done():
		return
	}
	in, err := s.Registry.Attach(mount, mounts.Feed{Kind: mounts.Silent})
	if err != nil {
		return
	}
	defer in.Detach()
	deck := &deck{in: in}
	for !s.idle(in.Mount) {
		h, played := in.Mount.Format()
		silence := frames.Silence(h)
		if !played || silence == nil {
			h, silence = defaultSilence, frames.Silence(defaultSilence)
		}
		if deck.frame(ctx, frames.Frame{Header: h, Data: silence}) != nil {
			return
		}
	}
}
