package pull

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/icy"
	"relay/ingest/feed"
	"relay/internal/contain"
	"relay/internal/logging"
)

// maxStreamList bounds a master's list of mounts, in bytes.
const maxStreamList = 1 << 20

var errListTooLong = fmt.Errorf("its list of mounts is longer than %d MiB", maxStreamList>>20)

// Master pulls every mount that another server lists, with a relay for each.
type Master struct {
	Puller *Puller
	Log    *zap.Logger
	From   conf.Master
	Except func(mount string) bool      // mounts that have a relay of their own
	Relay  func(from conf.Relay) *Relay // makes the relay of a mount
	Most   func() int                   // the greatest number of relays

	relays  map[string]*pulledMount
	running sync.WaitGroup
	problem string // the last one that was logged
	crowded bool   // it was logged that the last list had too many mounts
}

// pulledMount is a mount of the master with its relay.
type pulledMount struct {
	stop   context.CancelFunc
	missed int // number of lists in a row without it
}

// Run asks for the list until ctx is done, and returns when all relays have ended.
func (m *Master) Run(ctx context.Context) {
	m.Log = m.Log.With(zap.String("master", conf.HideStream(m.From.URL)), logging.LimitPer(conf.HideStream(m.From.URL)))
	m.relays = map[string]*pulledMount{}
	defer m.running.Wait()
	interval := time.Duration(m.From.Interval)
	wait := feed.NewBackoff(feed.MaxWait)
	for {
		pause := interval
		if names, err := m.list(ctx); err != nil {
			pause = min(pause, wait.Next())
			m.complain(err)
		} else {
			wait, m.problem = feed.NewBackoff(feed.MaxWait), ""
			m.syncMounts(ctx, names)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// syncMounts starts a relay for every new mount, and stops those whose mount was
// missing from two lists in a row: a source that reconnects is missing from one. If
// there are more mounts than allowed, the first of the list are taken.
func (m *Master) syncMounts(ctx context.Context, names []string) {
	listed := map[string]bool{}
	leftOut := 0
	for _, name := range names {
		if listed[name] || m.Except(name) {
			continue
		}
		listed[name] = true
		if m.relays[name] != nil {
			continue
		}
		if len(m.relays) >= m.Most() {
			leftOut++
			continue
		}
		relaying, stop := context.WithCancel(ctx)
		m.relays[name] = &pulledMount{stop: stop}
		relay := m.Relay(conf.Relay{URL: strings.TrimSuffix(m.From.URL, "/") + (&url.URL{Path: name}).EscapedPath(), Mount: name})
		m.running.Go(func() { relay.Run(relaying) })
		m.Log.Info("mount of the master", zap.String("mount", name))
	}
	if leftOut > 0 && !m.crowded {
		m.Log.Warn("the master has more mounts than limits.sources allows", zap.Int("taken", len(m.relays)), zap.Int("left out", leftOut))
	}
	m.crowded = leftOut > 0
	for name, pulled := range m.relays {
		if listed[name] {
			pulled.missed = 0
			continue
		}
		if pulled.missed++; pulled.missed == 2 {
			pulled.stop()
			delete(m.relays, name)
			m.Log.Info("the master no longer has this mount", zap.String("mount", name))
		}
	}
}

// list asks the master for its mounts, as recorded in
// e2e/recorded/relay-slave-of-master.txt.
func (m *Master) list(ctx context.Context) (names []string, err error) {
	defer contain.Error(m.Log, &err)
	ctx, end := context.WithCancel(ctx)
	defer end()
	u, err := url.Parse(m.From.URL)
	if err != nil {
		return nil, err
	}
	u.Path = "/admin/streamlist.txt"
	r, err := m.Puller.get(ctx, u, login{m.From.User, m.From.Password.Reveal()}, "", u.Path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	switch {
	case r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden:
		return nil, fmt.Errorf("it answers %d %s: master.user and master.password must be its relay login", r.Status, r.Reason)
	case r.Status != http.StatusOK:
		return nil, fmt.Errorf("it answers %d %s to /admin/streamlist.txt", r.Status, r.Reason)
	}
	if kind := r.Header.Get("Content-Type"); kind != "" && !strings.HasPrefix(kind, "text/plain") {
		return nil, fmt.Errorf("it sends %q for /admin/streamlist.txt, and not a list of mounts", kind)
	}
	text, err := io.ReadAll(io.LimitReader(r.text(), maxStreamList+1))
	length, lengthErr := strconv.Atoi(r.Header.Get("Content-Length"))
	switch {
	case err != nil:
		return nil, inWords(err)
	case len(text) > maxStreamList:
		return nil, errListTooLong
	case lengthErr == nil && len(text) < length:
		return nil, io.ErrUnexpectedEOF
	}
	names, refused := parseStreamList(text)
	if len(refused) > 0 {
		m.Log.Debug("not mount names here", zap.Int("names", len(refused)), zap.String("first", icy.CutText(refused[0], maxQuote)))
	}
	return names, nil
}

// parseStreamList reads one mount a line. It returns impossible mount names
// separately.
func parseStreamList(text []byte) (names, refused []string) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxStreamList+1)
	for lines.Scan() {
		name := strings.TrimRight(lines.Text(), "\r ")
		switch {
		case name == "":
		case conf.CheckMountName(name) != nil:
			refused = append(refused, name)
		default:
			names = append(names, name)
		}
	}
	return names, refused
}

// complain logs why there is no list, once per reason.
func (m *Master) complain(err error) {
	problem := err.Error()
	if problem != m.problem {
		m.Log.Warn("cannot get the master's list of mounts", zap.String("reason", problem))
	}
	m.problem = problem
}
