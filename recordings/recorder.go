package recordings

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/mounts"
)

// tidyEvery is how often old recordings are looked for.
const tidyEvery = 5 * time.Minute

// goodbye is how long a disk may take to write what is left at the end.
const goodbye = 5 * time.Second

// Recorder records the live sources of all mounts that have a record_dir.
type Recorder struct {
	Registry *mounts.Registry
	Conf     *conf.Config
	Log      *zap.Logger

	mu      sync.Mutex
	shelves map[string]*shelf // by mount
}

// NewRecorder returns a recorder at rest; Run sets it to work.
func NewRecorder(registry *mounts.Registry, c *conf.Config, log *zap.Logger) *Recorder {
	return &Recorder{Registry: registry, Conf: c, Log: log, shelves: map[string]*shelf{}}
}

// Run records until ctx ends, which should be after the mounts have: then all
// they have played is in the files. It does not wait for ever for a disk that
// does not answer.
func (r *Recorder) Run(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.run(ctx)
	}()
	<-ctx.Done()
	select {
	case <-done:
	case <-time.After(goodbye):
		r.Log.Error("the disk does not answer, recordings may lack their ends")
	}
}

func (r *Recorder) run(ctx context.Context) {
	var working sync.WaitGroup
	defer working.Wait()
	changes, unwatch := r.Registry.Watch()
	defer unwatch()
	working.Go(func() { r.keepTidy(ctx) })
	ended := make(chan string)
	recorded := map[string]bool{}
	for {
		for _, m := range r.Registry.List() {
			if recorded[m.Name] || m.Config.RecordDir == "" {
				continue
			}
			recorded[m.Name] = true
			working.Go(func() {
				r.record(ctx, m)
				select {
				case ended <- m.Name:
				case <-ctx.Done():
				}
			})
		}
		select {
		case name := <-ended:
			delete(recorded, name)
		case <-changes:
		case <-ctx.Done():
			return
		}
	}
}

// record writes down a mount until its stream or ctx ends.
func (r *Recorder) record(ctx context.Context, m *mounts.Mount) {
	log := r.Log.With(zap.String("mount", m.Name))
	takes := make(chan take, queued)
	a := &archive{shelf: r.shelf(m.Config), split: time.Duration(m.Config.RecordSplit), log: log}
	var writing sync.WaitGroup
	writing.Go(func() { a.run(takes) })
	f := &follower{mount: m, takes: takes, log: log}
	f.run(ctx)
	close(takes)
	writing.Wait()
}

// shelf returns the one shelf of a mount.
func (r *Recorder) shelf(m conf.Mount) *shelf {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.shelves[m.Name]
	if s == nil {
		s = newShelf(m)
		r.shelves[m.Name] = s
	}
	return s
}

// keepTidy tries the folders that are configured, and keeps the shelves of all
// mounts that are declared, or have been recorded, tidy until ctx ends.
func (r *Recorder) keepTidy(ctx context.Context) {
	tried := map[string]bool{"": true}
	for _, m := range r.Conf.Mounts {
		if !m.IsPattern() {
			m = r.Conf.Mount(m.Name)
		}
		if !tried[m.RecordDir] {
			tried[m.RecordDir] = true
			if err := tryFolder(m.RecordDir); err != nil {
				r.Log.Error("nothing can be recorded there yet", zap.String("mount", m.Name), zap.Error(err))
			}
		}
		if m.RecordDir != "" && !m.IsPattern() {
			r.shelf(m)
		}
	}
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		for _, s := range r.used() {
			s.tidyAndTell(time.Now(), r.Log.With(zap.String("mount", s.mount)))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
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
