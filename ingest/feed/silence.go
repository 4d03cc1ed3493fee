package feed

import (
	"cmp"
	"context"
	"errors"
	"time"

	"relay/codec"
	"relay/codec/known"
	"relay/mounts"
)

// silentBitRate is that of silence on a mount that has never played, in bit/s.
const silentBitRate = 128_000

// SilenceAfter is how long a new mount may take to find something better than
// silence: music that is still being looked for, a fallback.
const SilenceAfter = time.Second

// playSilence gives a mount units without sound, in the mount's format, until ctx is
// done or the mount is idle.
func (s *Fallbacks) playSilence(ctx context.Context, mount string) {
	in, err := s.Registry.Attach(mount, mounts.Feed{Kind: mounts.Silent, Paused: true}) // it keeps the mount from the first moment on
	if err != nil {
		return
	}
	defer in.Detach()
	select {
	case <-time.After(SilenceAfter):
	case <-ctx.Done():
		return
	}
	in.Resume()
	pacer := NewPacer(in)
	for !s.idle(in.Mount) {
		if pacer.Await(ctx) != nil { // before the unit is made: the format may change until then
			return
		}
		u, ok := silence(in.Mount)
		if ok {
			_, err := pacer.Offer(ctx, u)
			if err == nil {
				continue
			}
			var clash *ClashError
			if !errors.As(err, &clash) {
				return
			}
		}
		pacer.Pause()
		select {
		case <-time.After(SilenceAfter):
		case <-ctx.Done():
			return
		}
	}
}

// silence returns a silent unit in the format of a mount. ok is false if there is none yet:
// Vorbis has no silence before the codebooks of a source are known.
func silence(m *mounts.Mount) (u codec.Unit, ok bool) {
	f, bitRate := m.Format(), silentBitRate
	if last, played := m.LastUnit(); played && last.Format.Fits(f) {
		f, bitRate = last.Format, cmp.Or(last.BitRate, bitRate)
	}
	f = known.Complete(f)
	return f.Codec.Silence(f, bitRate)
}
