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

// ErrTooManySources says that the server has as many live sources as it may.
var ErrTooManySources = errors.New("too many sources connected")

// Registry holds the mounts of a server. A mount comes into being with its
// first input; none needs to be declared.
//
// Lock order: Registry.mu before Mount.mu before following.mu.
type Registry struct {
	conf       *conf.Live
	log        *zap.Logger
	listeners  atomic.Int64
	households households
	expected   expected

	Counts Counts

	// Room, if set before the first mount, returns how many listeners and live
	// sources the system has room for; limits.listeners and limits.sources cannot be
	// more.
	Room func() (listeners, sources int)

	// MemoryShort, if set before the first mount, tells that nobody else may
	// listen until there is memory again.
	MemoryShort func() bool

	// OnTitle, if set before the first mount, is told of every title that goes
	// on the air. It is called with the mount locked: it must not wait, nor
	// call back.
	OnTitle func(mount string, listeners int, t Title)

	// OnTurn, likewise, is told of every Turn when it begins, after its title,
	// and when it has ended.
	OnTurn func(Turn)

	mu       sync.RWMutex
	mounts   map[string]*Mount
	early    map[string]earlyTitle
	totals   map[string]*totals
	watching map[chan struct{}]struct{}
	closed   bool

	ending atomic.Pointer[context.Context] // done when the server is about to end; nil: not known

	following following
	held      logging.Held // lines that come up under mu, or that of a mount
}

// Counts are the totals since the server started.
type Counts struct {
	Sources   atomic.Int64 // source clients that were given a mount
	Relays    atomic.Int64 // streams that were pulled
	Listeners atomic.Int64 // listeners who were let in
}

// NewRegistry returns a registry without mounts.
func NewRegistry(c *conf.Live, log *zap.Logger) *Registry {
	return &Registry{conf: c, log: log, mounts: map[string]*Mount{}, early: map[string]earlyTitle{}, totals: map[string]*totals{}, watching: map[chan struct{}]struct{}{}}
}

// Find returns the mount of that name, or nil.
func (r *Registry) Find(name string) *Mount {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.mounts[name]
}

// Watch returns a channel that gets a value when mounts have come or gone, or got
// a source, since the last one was taken, until stop is called.
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

// tellChange tells those who watch. r.mu is held.
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

// MostListeners returns how many may listen to all mounts.
func (r *Registry) MostListeners() int {
	most := r.conf.Config().Limits.Listeners
	if r.Room != nil {
		room, _ := r.Room()
		most = min(most, room)
	}
	return most
}

// mostSources returns how many live sources there may be.
func (r *Registry) mostSources() int {
	most := r.conf.Config().Limits.Sources
	if r.Room != nil {
		_, room := r.Room()
		most = min(most, room)
	}
	return most
}

// ShortOfMemory reports whether nobody else may listen because memory is short.
func (r *Registry) ShortOfMemory() bool { return r.MemoryShort != nil && r.MemoryShort() }

// Listeners returns how many listen to all mounts.
func (r *Registry) Listeners() int { return int(r.listeners.Load()) }

// Attach gives the mount of that name, made if need be, another input.
// Substitutes take the air as soon as nothing better plays, sources and relays
// with their first frame. Errors: *NameError, *RenditionError, *InUseError, ErrTooManySources,
// ErrShutdown.
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
	if of := r.conf.Config().RenditionOf(name); of != "" && f.Kind == Live {
		return nil, &RenditionError{name, of}
	}
	m, found := r.mounts[name]
	if !found {
		m = r.newMount(name)
	}
	if f.Kind == Live {
		f.User = cmp.Or(f.User, m.Config().SourceLogins()[0].User) // which SHOUTcast's sources may leave out
	}
	now := time.Now()
	in := &Input{
		Feed: f, Mount: m, Since: now, audioAt: now,
		playing: f.Kind > Encoded,
		onAir:   make(chan struct{}),
		end:     make(chan struct{}),
	}
	if f.Kind == Live && !m.replaces(in) && r.liveSources() >= r.mostSources() {
		return nil, ErrTooManySources
	}
	if f.Kind <= Relayed {
		in.arrivals = &arrivals{since: now, cadence: time.Duration(r.conf.Config().Limits.FlushInterval) / 2}
	}
	if err := m.attach(in); err != nil {
		return nil, err
	}
	r.mounts[name] = m
	m.totals.ended = time.Time{}
	if !found || f.Kind <= Encoded { // a mount that has a source again wants its substitutes
		r.tellChange()
	}
	r.following.tell(name)
	if f.Kind == Live {
		r.Counts.Sources.Add(1)
		r.takeEarlyTitle(in)
	}
	return in, nil
}

// EndWith says that the server ends when ctx is done. What ends from then on ends
// for that reason.
func (r *Registry) EndWith(ctx context.Context) { r.ending.Store(&ctx) }

// isEnding reports whether the server is about to end.
func (r *Registry) isEnding() bool {
	ctx := r.ending.Load()
	return ctx != nil && (*ctx).Err() != nil
}

// Close ends every input and every stream; nothing can be attached thereafter.
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
			server:     &r.listeners,
			households: &r.households,
			expected:   &r.expected,
			joined:     &r.Counts.Listeners,
			listeners:  map[uint64]*Listener{},
			crowd:      crowd{people: map[person]int{}},
			arrivals:   make(chan struct{}, 1),
		},
	}
	m.totals = r.totalsOf(name)
	m.Audience.totals = m.totals
	m.Audience.limits = func() limits {
		c := &r.conf.Config().Limits
		return limits{
			mount: m.Config().MaxListeners, server: r.MostListeners(), household: c.ListenersPerIP,
			connections: c.ConnectionsPerIP, memoryShort: r.ShortOfMemory(),
		}
	}
	c := m.Config()
	m.Stream, m.declared, m.fallbacks = newStream(int64(c.Burst)), c.Fallbacks, slices.Clone(c.Fallbacks)
	return m
}

// forget ends a mount's stream and takes it off the list. r.mu and m.mu are
// held.
func (r *Registry) forget(m *Mount) {
	m.Stream.close()
	m.wake()
	m.settle()
	m.totals.ended = time.Now()
	delete(r.mounts, m.Name)
	r.tellChange()
	r.following.tell(m.Name)
	m.say(zap.InfoLevel, "mount ended", zap.Int("listeners", m.Audience.Count()))
}

func (r *Registry) titleOnAir(mount string, listeners int, t Title) {
	if r.OnTitle != nil {
		r.OnTitle(mount, listeners, t)
	}
}

func (r *Registry) liveSources() int {
	n := 0
	for _, m := range r.mounts {
		n += m.liveSources()
	}
	return n
}

// NameError says why a mount cannot have a name.
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

// RenditionError says that a source cannot send to a mount because it is a
// rendition of another.
type RenditionError struct{ Name, Of string }

func (e *RenditionError) Error() string {
	return fmt.Sprintf("%s is a rendition of %s: send to %s", e.Name, e.Of, e.Of)
}
