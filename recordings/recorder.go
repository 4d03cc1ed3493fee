package recordings

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/crew"
	"relay/mounts"
)

// tidyEvery is how often old recordings are looked for.
const tidyEvery = 5 * time.Minute

// goodbye is how long a disk may take to write what is left at the end.
const goodbye = 5 * time.Second

// Recorder records the live sources of all mounts that have a record_dir.
type Recorder struct {
	Registry *mounts.Registry
	Conf     *conf.Live
	Log      *zap.Logger

	// Now, if set before Run, tells the time that decides which recordings are
	// too old to be kept: a clock that was set wrong must not delete them.
	Now func() time.Time

	mu      sync.Mutex
	shelves map[string]*shelf // by mount
}

// NewRecorder returns a recorder at rest; Run sets it to work.
func NewRecorder(registry *mounts.Registry, c *conf.Live, log *zap.Logger) *Recorder {
	return &Recorder{Registry: registry, Conf: c, Log: log, Now: time.Now, shelves: map[string]*shelf{}}
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
	defer tidying.Wait()
	tidying.Go(func() { r.keepTidy(ctx) })
	mountsChange, unwatchMounts := r.Registry.Watch()
	defer unwatchMounts()
	confChanges, unwatchConf := r.Conf.Watch()
	defer unwatchConf()
	crew.Run(ctx, r.wanted, r.record, mountsChange, confChanges)
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
	log := r.Log.With(zap.String("mount", m.Name))
	takes := make(chan take, queued)
	a := &archive{shelf: r.shelf(m.Config()), log: log, split: func() time.Duration { return time.Duration(m.Config().RecordSplit) }}
	var writing sync.WaitGroup
	writing.Go(func() { a.run(takes) })
	f := &follower{mount: m, takes: takes, log: log}
	f.run(ctx)
	close(takes)
	writing.Wait()
}

// shelf returns the one shelf of a mount with these settings. What is being
// written stays where it is when they change.
func (r *Recorder) shelf(m *conf.Mount) *shelf {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.shelves[m.Name]
	if s == nil || s.dir != m.RecordDir {
		s = newShelf(m, r.Now)
		r.shelves[m.Name] = s
	}
	s.retain(m)
	return s
}

// keepTidy tries the folders that are configured, and keeps the shelves of all
// mounts that are declared, or have been recorded, tidy until ctx ends.
func (r *Recorder) keepTidy(ctx context.Context) {
	changes, unwatch := r.Conf.Watch()
	defer unwatch()
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	tried := map[string]bool{"": true}
	var busy sync.WaitGroup // each shelf by itself: one disk that hangs is no reason to fill the others
	defer busy.Wait()
	for {
		r.prepare(tried, &busy)
		for _, s := range r.used() {
			busy.Go(func() { s.tidyAndTell(r.Log.With(zap.String("mount", s.mount))) })
		}
		select {
		case <-tick.C:
		case <-changes:
		case <-ctx.Done():
			return
		}
	}
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
			busy.Go(func() {
				if err := tryFolder(m.RecordDir); err != nil {
					r.Log.Error("nothing can be recorded there yet", zap.String("mount", m.Name), zap.Error(err))
				}
			})
		}
		if m.RecordDir != "" && !m.IsPattern() {
			r.shelf(&m)
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
