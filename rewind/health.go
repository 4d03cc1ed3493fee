package rewind

import (
	"errors"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/internal/fault"
)

// errTooSlow means that the queue of segments is full.
var errTooSlow = errors.New("the disk does not answer, or is too slow")

// health is the state of a store.
type health struct {
	folder fault.Fault // the folder cannot be used
	disk   fault.Fault // a segment could not be written
	slow   fault.Fault // the disk takes too long
	lost   lost
}

// lost is the length of audio that is missing.
type lost struct {
	now atomic.Int64 // since the fault began, ns
	sum atomic.Int64 // since the start, ns
}

func (l *lost) add(length time.Duration) {
	l.now.Add(int64(length))
	l.sum.Add(int64(length))
}

// state returns the current fault.
func (h *health) state() fault.State {
	now := fault.State{}
	for _, s := range []fault.State{h.slow.State(), h.folder.State(), h.disk.State()} {
		s.Total += now.Total
		if s.Since.IsZero() {
			s.Text, s.Since, s.Failures = now.Text, now.Since, now.Failures
		}
		now = s
	}
	return now
}

// misses notes that the folder cannot be used. The log gets it once, at the beginning.
func (h *health) misses(err error, log *zap.Logger) {
	if h.folder.Failed(err) {
		h.lost.now.Store(0)
		log.Error("the rewind cannot be kept there yet; the broadcast goes on", zap.Error(err))
	}
}

// found notes that the folder can be used.
func (h *health) found(log *zap.Logger) {
	if was, missed := h.folder.Works(); missed {
		h.tell(was, log)
	}
}

// fails notes that a segment could not be written. The log gets it once, at the beginning.
func (h *health) fails(err error, log *zap.Logger) {
	if h.disk.Failed(err) {
		h.lost.now.Store(0)
		log.Error("the rewind cannot be kept; the broadcast goes on", zap.Error(err))
	}
}

// refuses notes that a segment is none that can be kept.
func (h *health) refuses(err error, length time.Duration, log *zap.Logger) {
	h.fails(err, log)
	h.lost.add(max(length, 0))
}

// late notes that there was no room in the queue. The log gets it once, at the beginning.
func (h *health) late(length time.Duration, log *zap.Logger) {
	if h.slow.Failed(errTooSlow) {
		h.lost.now.Store(0)
		log.Warn("the disk is too slow: the rewind has a gap, the broadcast goes on")
	}
	h.lost.add(length)
}

// works notes that a segment was written, and whether all are. The log gets it once, after a
// fault.
func (h *health) works(all bool, log *zap.Logger) {
	if was, failed := h.disk.Works(); failed {
		h.tell(was, log)
	}
	h.found(log)
	if !all {
		return
	}
	if was, late := h.slow.Works(); late {
		log.Info("the disk keeps up again: the rewind continues after a gap", zap.Time("since", was.Since), h.missing())
	}
}

func (h *health) tell(was fault.State, log *zap.Logger) {
	log.Info("the rewind is kept again", zap.Time("since", was.Since), zap.Int64("attempts that failed", was.Failures), h.missing())
}

func (h *health) missing() zap.Field {
	return zap.Duration("missing", time.Duration(h.lost.now.Load()).Round(time.Second))
}
