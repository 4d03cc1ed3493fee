package recordings

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/clock"
	"relay/conf"
	"relay/crew"
	"relay/internal/disk"
	"relay/internal/logging"
	"relay/mounts"
)

// tidyEvery is how often old recordings are looked for.
const tidyEvery = 5 * time.Minute

// goodbye is how long a disk may take to write what is left at the end.
const goodbye = 5 * time.Second

// answerWithin is how long a disk may take before that is told.
const answerWithin = 10 * time.Second

// Recorder records the live sources of all mounts that have a record_dir.
type Recorder struct {
	Registry *mounts.Registry
	Conf     *conf.Live
	Log      *zap.Logger

	// Clock, if set before Run, tells what time it is: one that was set wrong must
	// not delete recordings.
	Clock *clock.Clock

	mu      sync.Mutex
	shelves map[string]*shelf  // by mount
	folders map[string]*folder // by path
	healths map[string]*health // by mount or pattern

	errors atomic.Int64 // of healths that are forgotten
	lost   atomic.Int64 // audio that is missing since the start, ns
}

// NewRecorder returns a recorder at rest; Run sets it to work.
func NewRecorder(registry *mounts.Registry, c *conf.Live, log *zap.Logger) *Recorder {
	return &Recorder{
		Registry: registry, Conf: c, Log: log, Clock: clock.New(log),
		shelves: map[string]*shelf{}, folders: map[string]*folder{}, healths: map[string]*health{},
	}
}

// Run records until ctx ends, which should be after the mounts have: then all
// they have played is in the files. It does not wait for ever for a disk that
// does not answer.
func (r *Recorder) Run(ctx context.Context) {
	if !crew.Within(ctx, goodbye, r.run) {
		r.Log.Error("the disk does not answer, recordings may lack their ends")
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

// session is a mount that is recorded, and where to.
type session struct {
	mount *mounts.Mount
	dir   string
}

// wanted lists what should be recorded now.
func (r *Recorder) wanted() (list []session) {
	for _, m := range r.Registry.List() {
		if c := m.Config(); c.RecordDir != "" {
			list = append(list, session{m, c.RecordDir})
		}
	}
	return list
}

// record writes down a mount until its stream or ctx ends.
func (r *Recorder) record(ctx context.Context, one session) {
	m := one.mount
	log := r.Log.With(zap.String("mount", m.Name), logging.LimitPer(m.Name))
	takes := make(chan take, queued)
	shelf, leave := r.enter(m.Config())
	defer leave()
	health, done := r.watch(m.Name)
	defer done()
	a := &archive{shelf: shelf, health: health, log: log, split: func() time.Duration { return time.Duration(m.Config().RecordSplit) }}
	var writing sync.WaitGroup
	writing.Go(func() { a.run(takes) })
	f := &follower{mount: m, takes: takes, health: health, log: log}
	f.run(ctx)
	close(takes)
	writing.Wait()
}

// enter returns the shelf of a mount to somebody who writes, until leave is called.
func (r *Recorder) enter(m *conf.Mount) (s *shelf, leave func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s = r.shelf(m)
	s.users++
	return s, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		s.users--
	}
}

// shelf returns the one shelf of a mount with these settings. What is being
// written stays where it is when they change. r.mu is held.
func (r *Recorder) shelf(m *conf.Mount) *shelf {
	s := r.shelves[m.Name]
	if s == nil || s.dir != m.RecordDir {
		s = newShelf(m, r.folder(m.RecordDir))
		r.shelves[m.Name] = s
	}
	s.retain(m)
	return s
}

// folder returns the one folder at a path. r.mu is held.
func (r *Recorder) folder(dir string) *folder {
	f := r.folders[dir]
	if f == nil {
		f = newFolder(dir, r.Clock)
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

// take takes some folders out of those that are used, to be released.
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

// keepTidy tries the folders that are configured, and keeps the shelves of all
// mounts that are declared, or have been recorded, tidy until ctx ends.
func (r *Recorder) keepTidy(ctx context.Context) {
	changes, unwatch := r.Conf.Watch()
	defer unwatch()
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	retry := time.NewTicker(retryAfter)
	defer retry.Stop()
	tried := map[string]bool{"": true}
	var busy sync.WaitGroup // each shelf by itself: one disk that hangs is no reason to fill the others
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

// try notes whether the folder of a mount or pattern can be used.
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

// forget lets go of the shelves of mounts that are recorded elsewhere now, or no
// longer, and releases the folders that nobody needs any more.
func (r *Recorder) forget(busy *sync.WaitGroup) {
	c := r.Conf.Config()
	needed := map[string]bool{}
	for _, m := range c.Mounts {
		needed[m.RecordDir] = true
	}
	r.mu.Lock()
	for name, s := range r.shelves {
		if c.Mount(name).RecordDir != s.dir {
			delete(r.shelves, name)
		}
	}
	r.mu.Unlock()
	for _, f := range r.take(func(f *folder) bool { return f.users == 0 && !needed[f.dir] }) {
		busy.Go(f.release)
	}
	r.forgetHealths(c)
}

// prepare tries the configured folders that were not tried before, and makes
// the shelves of mounts that are declared.
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
			r.shelf(&m)
			r.mu.Unlock()
		}
	}
}

func (r *Recorder) used() []*shelf {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]*shelf, 0, len(r.shelves))
	for _, s := range r.shelves {
		list = append(list, s)
	}
	return list
}
