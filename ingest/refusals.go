package ingest

import (
	"errors"
	"strings"
	"sync"
	"time"

	"relay/auth"
	"relay/conf"
)

const (
	// mostRefusals is for how many mounts the last refusal is remembered.
	mostRefusals = 1000

	// longestWords bounds what is remembered of each word a client may choose, in
	// bytes.
	longestWords = 300
)

// Refusals remembers, for whoever looks after a mount, why the last source that
// was refused there was. Safe for concurrent use. Nil remembers nothing.
type Refusals struct {
	mu   sync.Mutex
	last map[string]Refused // by mount
}

// Refused is a source that was turned away.
type Refused struct {
	When   time.Time `json:"when"`
	Addr   string    `json:"addr"` // IP address
	Agent  string    `json:"agent"`
	Reason string    `json:"reason"` // in words
}

// NewRefusals returns a memory in which there is nothing yet.
func NewRefusals() *Refusals { return &Refusals{last: map[string]Refused{}} }

// Last returns the last refusal at a mount; ok is false when there was none, or
// none that is remembered.
func (r *Refusals) Last(mount string) (last Refused, ok bool) {
	if r == nil {
		return Refused{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	last, ok = r.last[mount]
	return last, ok
}

// note remembers why an attempt was refused. Programs that ask without a login
// first, to learn what the server can, are not refused anything.
func (r *Refusals) note(a attempt, why error) {
	var login *auth.Refusal
	if r == nil || errors.As(why, &login) && login.Missing || conf.CheckMountName(a.mount) != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.last[a.mount]; !known && len(r.last) >= mostRefusals {
		r.forgetOldest()
	}
	r.last[a.mount] = Refused{When: time.Now(), Addr: a.addr, Agent: clip(a.agent), Reason: clip(why.Error())}
}

func clip(s string) string {
	return strings.ToValidUTF8(strings.Clone(s[:min(len(s), longestWords)]), "")
}

func (r *Refusals) forgetOldest() {
	var oldest string
	for mount, refused := range r.last {
		if oldest == "" || refused.When.Before(r.last[oldest].When) {
			oldest = mount
		}
	}
	delete(r.last, oldest)
}

// attempt is a source that wants a mount.
type attempt struct{ mount, addr, agent string }
