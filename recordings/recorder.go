package recordings

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/clock"
	"relay/internal/crew"
	"relay/internal/disk"
	"relay/internal/logging"
	"relay/mounts"
)

// tidyEvery is how often old recordings are removed.
const tidyEvery = 5 * time.Minute

// goodbye is how long the disk may take to write the remaining segments at shutdown.
const goodbye = 5 * time.Second

// answerWithin is how long a disk may take before that is reported.
const answerWithin = 10 * time.Second

// Recorder records the live sources of all mounts that have a record_dir.
type Recorder struct {
	Registry *mounts.Registry
	Conf     *conf.Live
	Log      *zap.Logger

	clock *clock.Clock

	mu      sync.Mutex
	stores  map[string]*store  // by mount
	folders map[string]*folder // by path
	healths map[string]*health // by mount or pattern

	errors atomic.Int64 // of forgotten healths
	lost   atomic.Int64 // audio missing since the start, ns
}

// NewRecorder returns a recorder, which Run starts. day gives the time: a clock that is
// set wrong must not delete recordings.
func NewRecorder(registry *mounts.Registry, c *conf.Live, day *clock.Clock, log *zap.Logger) *Recorder {
	return &Recorder{
		Registry: registry, Conf: c, Log: log, clock: day,
		stores: map[string]*store{}, folders: map[string]*folder{}, healths: map[string]*health{},
	}
}

// Run records until ctx ends, which should be after the mounts have ended: then the
// files hold everything that was played. If a disk does not answer, Run gives up after
// a time limit.
func (r *Recorder) Run(ctx context.Context) {
	if !crew.Within(ctx, goodbye, r.run) {
		r.Log.Error("the disk does not answer: recordings may lack their ends")
	}
}

func (r *Recorder) run(ctx context.Context) {
	var tidying sync.WaitGroup
	tidying.Go(func() { r.keepTidy(ctx) })
	mountsChange, unwatchMounts := r.Registry.Watch()
	defer unwatchMounts()
	confChanges, unwatchConf := r.Conf.Watch()
	defer unwatchConf()
	crew.Run(ctx, r.wanted, r.record, mountsChange, confChanges)
	tidying.Wait()
	for _, f := range r.take(func(*folder) bool { return true }) {
		f.release()
	}
}

// session is a recorded mount and its folder.
type session struct {
	mount *mounts.Mount
	dir   string
}

// wanted lists the mounts that should be recorded now.
func (r *Recorder) wanted() (list []session) {
	for _, m := range r.Registry.List() {
		if c := m.Config(); c.RecordDir != "" {
			list = append(list, session{m, c.RecordDir})
		}
	}
	return list
}

// record records a mount until its stream or ctx ends.
func (r *Recorder) record(ctx context.Context, one session) {
	m := one.mount
	log := r.Log.With(zap.String("mount", m.Name), logging.LimitPer(m.Name))
	segments := make(chan segment, queued)
	store, leave := r.enter(m.Config())
	defer leave()
	health, done := r.watch(m.Name)
	defer done()
	a := &archive{store: store, health: health, log: log, split: func() time.Duration { return time.Duration(m.Config().RecordSplit) }}
	var writing sync.WaitGroup
	writing.Go(func() { a.run(segments) })
	reader := &streamReader{mount: m, segments: segments, health: health, log: log}
	reader.run(ctx)
	close(segments)
	writing.Wait()
}

// enter returns the store of a mount for writing. The caller calls leave at the end.
func (r *Recorder) enter(m *conf.Mount) (s *store, leave func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s = r.store(m)
	s.users++
	return s, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		s.users--
	}
}

// store returns the only store of a mount with these settings. A recording in progress
// keeps its folder when they change. r.mu is held.
func (r *Recorder) store(m *conf.Mount) *store {
	s := r.stores[m.Name]
	if s == nil || s.dir != m.RecordDir {
		s = newStore(m, r.folder(m.RecordDir))
		r.stores[m.Name] = s
	}
	s.retain(m)
	return s
}

// folder returns the only folder for a path. r.mu is held.
func (r *Recorder) folder(dir string) *folder {
	f := r.folders[dir]
	if f == nil {
		f = newFolder(dir, r.clock)
		f.others = r.inUse
		f.witness.Idle(!r.deletesByAge(dir))
		r.folders[dir] = f
	}
	return f
}

// inUse lists all folders.
func (r *Recorder) inUse() []*folder {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.folders))
}

// deletesByAge reports whether a mount has recordings in a folder deleted for their age.
func (r *Recorder) deletesByAge(dir string) bool {
	c := r.Conf.Config()
	return slices.ContainsFunc(c.Mounts, func(m conf.Mount) bool {
		if !m.IsPattern() {
			m = c.Mount(m.Name)
		}
		return m.RecordDir == dir && m.RecordKeep > 0
	})
}

// take removes the folders that which selects from those in use, and returns them for release.
func (r *Recorder) take(which func(*folder) bool) (list []*folder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for dir, f := range r.folders {
		if which(f) {
			list = append(list, f)
			delete(r.folders, dir)
		}
	}
	return list
}

// keepTidy tries the configured folders, and tidies the stores of all mounts that are
// declared or have been recorded, until ctx ends.
func (r *Recorder) keepTidy(ctx context.Context) {
	changes, unwatch := r.Conf.Watch()
	defer unwatch()
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	retry := time.NewTicker(retryAfter)
	defer retry.Stop()
	tried := map[string]bool{"": true}
	var busy sync.WaitGroup // each store has its own goroutine, so that a disk that hangs does not delay the others
	defer busy.Wait()
	for {
		r.forget(&busy)
		r.prepare(tried, &busy)
		for _, f := range r.inUse() {
			f.witness.Idle(!r.deletesByAge(f.dir))
			busy.Go(f.remember)
		}
		for _, s := range r.used() {
			busy.Go(func() { s.tidyAndTell(r.Log.With(zap.String("mount", s.mount))) })
		}
		for waiting := true; waiting; {
			select {
			case <-retry.C:
				r.tryAgain(func(mount string, h *health) { busy.Go(func() { r.try(mount, h) }) })
				continue
			case <-tick.C:
			case <-changes:
			case <-ctx.Done():
				return
			}
			waiting = false
		}
	}
}

// try finds out whether the folder of a mount or pattern can be used, and notes it in
// h.
func (r *Recorder) try(mount string, h *health) {
	dir := r.Conf.Config().Mount(mount).RecordDir
	for _, m := range r.Conf.Config().Mounts {
		if m.Name == mount && m.IsPattern() {
			dir = m.RecordDir
		}
	}
	if dir == "" {
		return
	}
	r.mu.Lock()
	f := r.folder(dir)
	r.mu.Unlock()
	if !h.trying.CompareAndSwap(false, true) {
		return // the disk has not answered yet
	}
	log := r.Log.With(zap.String("mount", mount))
	err := disk.Try("record to", f.dir, answerWithin, func(context.Context) error {
		defer h.trying.Store(false)
		return f.try()
	})
	if err != nil {
		h.misses(err, log)
		return
	}
	if !h.busy.Load() {
		h.works(log)
	}
}

// forget drops the stores of mounts that are now recorded elsewhere or not at all, and
// releases folders that are no longer needed.
func (r *Recorder) forget(busy *sync.WaitGroup) {
	c := r.Conf.Config()
	needed := map[string]bool{}
	for _, m := range c.Mounts {
		needed[m.RecordDir] = true
	}
	r.mu.Lock()
	for name, s := range r.stores {
		if c.Mount(name).RecordDir != s.dir {
			delete(r.stores, name)
		}
	}
	r.mu.Unlock()
	for _, f := range r.take(func(f *folder) bool { return f.users == 0 && !needed[f.dir] }) {
		busy.Go(f.release)
	}
	r.forgetHealths(c)
}

// prepare tries configured folders that have not been tried yet, and creates the stores
// of declared mounts.
func (r *Recorder) prepare(tried map[string]bool, busy *sync.WaitGroup) {
	c := r.Conf.Config()
	for _, m := range c.Mounts {
		if !m.IsPattern() {
			m = c.Mount(m.Name)
		}
		if !tried[m.RecordDir] {
			tried[m.RecordDir] = true
			h := r.health(m.Name)
			busy.Go(func() { r.try(m.Name, h) })
		}
		if m.RecordDir != "" && !m.IsPattern() {
			r.mu.Lock()
			r.store(&m)
			r.mu.Unlock()
		}
	}
}

func (r *Recorder) used() []*store {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]*store, 0, len(r.stores))
	for _, s := range r.stores {
		list = append(list, s)
	}
	return list
}
