package recordings

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/fault"
)

// errTooSlow means that the queue of segments is full.
var errTooSlow = errors.New("the disk does not answer, or is too slow")

// health is the state of recording a mount or, before there is one, a pattern.
type health struct {
	folder fault.Fault // the folder cannot be used, found while nothing is being recorded
	disk   fault.Fault // a recording failed
	slow   fault.Fault // the disk takes too long
	busy   atomic.Bool // a session is being recorded, which shows the state of the disk

	trying atomic.Bool // the folder is being tried
	users  int         // sessions that use it; guarded by Recorder.mu
	lost   lost
}

// lost is the length of audio missing in recordings.
type lost struct {
	now atomic.Int64  // since the fault began, ns
	sum *atomic.Int64 // of all mounts since the start, ns
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
			s.Text, s.Since = now.Text, now.Since
		}
		now = s
	}
	return now
}

// misses notes that the folder cannot be used. The log gets it once, at the beginning.
func (h *health) misses(err error, log *zap.Logger) {
	if h.folder.Failed(err) {
		log.Error("cannot record there yet", zap.Error(err))
	}
}

// fails notes that a recording failed. The log gets it once, at the beginning.
func (h *health) fails(err error, log *zap.Logger) {
	if h.disk.Failed(err) {
		h.lost.now.Store(0)
		log.Error("cannot record; the broadcast goes on", zap.Error(err))
	}
}

// works notes that recording works. The log gets it once, after a fault.
func (h *health) works(log *zap.Logger) {
	was, ended := h.disk.Works()
	if before, missed := h.folder.Works(); missed && !ended {
		was, ended = before, true
	}
	if ended {
		log.Info("recording again", zap.Time("since", was.Since), zap.Int64("attempts that failed", was.Failures),
			zap.Duration("missing", time.Duration(h.lost.now.Load()).Round(time.Second)))
	}
}

// Trouble is a mount that should be recorded but cannot be, or a pattern whose folder
// cannot be used.
type Trouble struct {
	Mount string    `json:"mount"`
	Text  string    `json:"text"`
	Since time.Time `json:"since"`
}

// Troubles lists the present faults by mount. It does not wait for disks.
func (r *Recorder) Troubles() []Trouble {
	list := []Trouble{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for mount, h := range r.healths {
		if now := h.state(); now.Text != "" {
			list = append(list, Trouble{mount, now.Text, now.Since})
		}
	}
	slices.SortFunc(list, func(a, b Trouble) int { return strings.Compare(a.Mount, b.Mount) })
	return list
}

// health returns the health of a mount or pattern.
func (r *Recorder) health(mount string) *health {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.healths[mount]
	if h == nil {
		h = newHealth(&r.lost)
		r.healths[mount] = h
	}
	return h
}

// watch returns the health of a mount that is being recorded. The caller calls done at
// the end.
func (r *Recorder) watch(mount string) (h *health, done func()) {
	h = r.health(mount)
	use := func(n int) {
		r.mu.Lock()
		defer r.mu.Unlock()
		h.users += n
		r.healths[mount] = h // it may have been forgotten meanwhile
	}
	use(1)
	return h, func() {
		h.slow.Works()
		h.busy.Store(false)
		use(-1)
	}
}

func newHealth(sum *atomic.Int64) *health { return &health{lost: lost{sum: sum}} }

// forgetHealths removes the healths of mounts without a fault or no longer recorded.
// Their counts are kept.
func (r *Recorder) forgetHealths(c *conf.Config) {
	wanted := map[string]bool{}
	for _, m := range c.Mounts {
		wanted[m.Name] = m.RecordDir != ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, h := range r.healths {
		if h.users > 0 || h.state().Text != "" && (wanted[name] || c.Mount(name).RecordDir != "") {
			continue
		}
		r.errors.Add(h.state().Total)
		delete(r.healths, name)
	}
}

// tryAgain tries the folders of faulty mounts that are not being recorded, and reports
// whether there are any faults.
func (r *Recorder) tryAgain(try func(mount string, h *health)) (troubled bool) {
	c := r.Conf.Config()
	r.mu.Lock()
	idle := map[string]*health{}
	for name, h := range r.healths {
		if h.disk.State().Text == "" && h.folder.State().Text == "" {
			continue
		}
		if troubled = true; !h.busy.Load() && c.Mount(name).RecordDir != "" {
			idle[name] = h
		}
	}
	r.mu.Unlock()
	for name, h := range idle {
		try(name, h)
	}
	return troubled
}
