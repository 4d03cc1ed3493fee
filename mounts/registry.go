package mounts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/logging"
)

// ErrTooManySources means that the server has its maximum number of live sources.
var ErrTooManySources = errors.New("too many sources connected")

// Registry holds the mounts of a server. A mount is created by its first input; it need
// not be declared.
//
// Lock order: Registry.mu before Mount.mu before subscribers.mu.
type Registry struct {
	conf      *conf.Live
	log       *zap.Logger
	listeners atomic.Int64
	people    atomic.Int64 // the same, with twin connections counted as one
	clients   clientLimiter
	expected  expected

	Counts Counts

	capacity Capacity // nil: only limits.* apply
	observer Observer // nil: there is none

	converter Converter // nil: there is none

	mu       sync.RWMutex
	mounts   map[string]*Mount
	early    map[string]earlyTitle
	totals   map[string]*totals
	watching map[chan struct{}]struct{}
	closed   bool

	ending atomic.Pointer[context.Context] // done when the server is about to end; nil: unknown

	promised    promised
	subscribers subscribers
	held        logging.Held // lines produced under mu, or that of a mount
}

// Counts are the totals since the server started.
type Counts struct {
	Sources   atomic.Int64 // source clients that were given a mount
	Relays    atomic.Int64 // streams that were pulled
	Listeners atomic.Int64 // listeners that were admitted
}

// Capacity is what the machine has room for.
type Capacity interface {
	// Room returns how many listeners and live sources the machine has room for;
	// limits.listeners and limits.sources cannot be more.
	Room() (listeners, sources int)
	// MemoryShort reports whether no more listeners may join until there is memory again.
	MemoryShort() bool
}

// NewRegistry returns a registry without mounts. Without a capacity (nil) only the
// configuration limits how many listen and send.
func NewRegistry(c *conf.Live, capacity Capacity, log *zap.Logger) *Registry {
	return &Registry{conf: c, capacity: capacity, log: log, mounts: map[string]*Mount{}, early: map[string]earlyTitle{}, totals: map[string]*totals{}, watching: map[chan struct{}]struct{}{}, promised: promised{feeders: map[string]*feeders{}}}
}

// Find returns the mount of that name, or nil.
func (r *Registry) Find(name string) *Mount {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.mounts[name]
}

// Watch returns a channel that receives a value after mounts have come or gone, or got
// a source. Several changes may share one value. The caller must call stop.
func (r *Registry) Watch() (changes <-chan struct{}, stop func()) {
	watch := make(chan struct{}, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watching[watch] = struct{}{}
	return watch, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.watching, watch)
	}
}

// tellChange notifies the watchers. r.mu is held.
func (r *Registry) tellChange() {
	for watch := range r.watching {
		select {
		case watch <- struct{}{}:
		default:
		}
	}
}

// List returns all mounts by name.
func (r *Registry) List() []*Mount {
	r.mu.RLock()
	defer r.mu.RUnlock()
	list := make([]*Mount, 0, len(r.mounts))
	for _, m := range r.mounts {
		list = append(list, m)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

// MaxListeners returns the maximum number of listeners of all mounts together.
func (r *Registry) MaxListeners() int {
	most := r.conf.Config().Limits.Listeners
	if r.capacity != nil {
		room, _ := r.capacity.Room()
		most = min(most, room)
	}
	return most
}

// maxSources returns the maximum number of live sources.
func (r *Registry) maxSources() int {
	most := r.conf.Config().Limits.Sources
	if r.capacity != nil {
		_, room := r.capacity.Room()
		most = min(most, room)
	}
	return most
}

// ShortOfMemory reports whether no more listeners may join because memory is short.
func (r *Registry) ShortOfMemory() bool { return r.capacity != nil && r.capacity.MemoryShort() }

// Listeners returns the number of listeners of all mounts.
func (r *Registry) Listeners() int { return int(r.people.Load()) }

// Attach adds an input to the mount of that name, which it creates if necessary. Inputs
// of the server's own take the air as soon as nothing better plays, sources and relays
// with their first unit. Errors: *NameError, *RenditionError, *InUseError,
// ErrTooManySources, ErrShutdown.
func (r *Registry) Attach(name string, f Feed) (*Input, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	defer r.held.Write()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrShutdown
	}
	if of := r.conf.Config().RenditionOf(name); of != "" && f.Kind == LiveSource {
		return nil, &RenditionError{name, of}
	}
	m, found := r.mounts[name]
	if !found {
		m = r.newMount(name)
	}
	if f.Kind == LiveSource {
		f.User = cmp.Or(f.User, m.Config().SourceLogins()[0].User) // SHOUTcast's sources may omit it
	}
	now := time.Now()
	in := &Input{
		Feed: f, Mount: m, Since: now, audioAt: now,
		playing: f.Kind > Encoded && !f.Paused,
		onAir:   make(chan struct{}),
		end:     make(chan struct{}),
	}
	in.came = f.Format
	if f.Kind == LiveSource && !m.replaces(in) && r.liveSources() >= r.maxSources() {
		return nil, ErrTooManySources
	}
	if f.Kind <= Relayed {
		in.recent = &recent{}
		in.jitter = &jitterMeter{since: now, cadence: longestReadPace(&r.conf.Config().Limits)}
	}
	if err := m.attach(in); err != nil {
		return nil, err
	}
	r.mounts[name] = m
	m.totals.ended = time.Time{}
	if !found || f.Kind <= Encoded { // a mount that has a source again needs its fallbacks
		r.tellChange()
	}
	r.subscribers.tell(name)
	if f.Kind == LiveSource {
		r.Counts.Sources.Add(1)
		r.takeEarlyTitle(in)
	}
	return in, nil
}

// EndWith sets the context that is done when the server ends. Inputs and listeners that
// end from then on end for that reason.
func (r *Registry) EndWith(ctx context.Context) { r.ending.Store(&ctx) }

// untilEnd returns the context that is done when the server ends.
func (r *Registry) untilEnd() context.Context {
	if ctx := r.ending.Load(); ctx != nil {
		return *ctx
	}
	return context.Background()
}

// isEnding reports whether the server is about to end.
func (r *Registry) isEnding() bool { return r.untilEnd().Err() != nil }

// Close ends every input and every stream; nothing can be attached after that.
func (r *Registry) Close() {
	defer r.held.Write()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	over, end := context.WithCancel(context.Background())
	end()
	r.EndWith(over)
	for _, m := range r.mounts {
		m.mu.Lock()
		for len(m.inputs) > 0 {
			m.remove(m.inputs[0], ErrShutdown)
		}
		if m.grace != nil {
			m.grace.Stop()
			m.grace = nil
		}
		r.forget(m)
		m.mu.Unlock()
	}
}

func (r *Registry) newMount(name string) *Mount {
	m := &Mount{
		Name:     name,
		log:      r.log,
		registry: r,
		began:    time.Now(),
		Audience: Audience{
			countAfter:  func() time.Duration { return time.Duration(r.conf.Config().Limits.CountAfter) },
			server:      &r.listeners,
			people:      &r.people,
			playbacks:   map[twinKey]*visitor{},
			clients:     &r.clients,
			expected:    &r.expected,
			joined:      &r.Counts.Listeners,
			listeners:   map[uint64]*Listener{},
			unique:      uniqueCounter{people: map[uint64]int32{}},
			newListener: make(chan struct{}, 1),
		},
	}
	m.Audience.told = func(s Session, reason string) {
		if r.observer != nil {
			r.observer.SessionEnded(name, s, reason)
		}
	}
	m.totals = r.totalsOf(name)
	m.Audience.totals = m.totals
	m.Audience.limits = func() limits {
		c := &r.conf.Config().Limits
		return limits{
			mount: m.Config().MaxListeners, server: r.MaxListeners(), perClient: c.ListenersPerIP,
			connections: c.ConnectionsPerIP, memoryShort: r.ShortOfMemory(),
		}
	}
	c := m.Config()
	m.Stream, m.declared, m.fallbacks = newStream(m.keeps()), c.Fallbacks, slices.Clone(c.Fallbacks)
	return m
}

// forget ends a mount's stream and removes it from the list. r.mu and m.mu are held.
func (r *Registry) forget(m *Mount) {
	m.Stream.close()
	m.Audience.wakeAll()
	m.stopWatching()
	m.wake()
	m.settle()
	m.totals.ended = time.Now()
	delete(r.mounts, m.Name)
	r.tellChange()
	r.subscribers.tell(m.Name)
	m.say(zap.InfoLevel, "mount ended", zap.Int("listeners", m.Audience.Count()))
}

func (r *Registry) liveSources() int {
	n := 0
	for _, m := range r.mounts {
		n += m.liveSources()
	}
	return n
}

// Numbered returns the mounts as SHOUTcast numbers its streams, from 1: first the mount
// of SHOUTcast's sources, then the others by name. Hidden mounts are left out.
func (r *Registry) Numbered() []*Mount {
	list := slices.DeleteFunc(r.List(), func(m *Mount) bool { return m.Config().Hidden })
	first := slices.IndexFunc(list, func(m *Mount) bool { return m.Name == r.conf.Config().Server.ShoutcastMount })
	if first > 0 {
		m := list[first]
		list = slices.Insert(slices.Delete(list, first, first+1), 0, m)
	}
	return list
}

// NameError means that a mount cannot have a name.
type NameError struct {
	Name   string
	Reason error
}

func checkName(name string) error {
	if err := conf.CheckMountName(name); err != nil {
		return &NameError{name, err}
	}
	return nil
}

func (e *NameError) Error() string { return fmt.Sprintf("mount name %q %v", e.Name, e.Reason) }

// RenditionError means that a source cannot send to a mount because it is a rendition
// of another.
type RenditionError struct{ Name, Of string }

func (e *RenditionError) Error() string {
	return fmt.Sprintf("%s is a rendition of %s: send to %s", e.Name, e.Of, e.Of)
}
