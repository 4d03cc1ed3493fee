package ingest

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"time"

	"relay/auth"
	"relay/conf"
)

const (
	// maxRefusals is the number of mounts whose last refusal is remembered.
	maxRefusals = 1000

	// maxWords bounds what is remembered of each text that a client chooses, in
	// bytes.
	maxWords = 300
)

// Refusals remembers for each mount why the last source was refused, for the
// operator. It is safe for concurrent use. A nil *Refusals remembers nothing.
type Refusals struct {
	mu   sync.Mutex
	last map[string]Refused // by mount
}

// Refused is a source that was refused.
type Refused struct {
	When   time.Time  `json:"when"`
	Addr   netip.Addr `json:"addr"`
	Agent  string     `json:"agent"`
	Reason string     `json:"reason"` // in words, for the operator
}

// NewRefusals returns an empty memory.
func NewRefusals() *Refusals { return &Refusals{last: map[string]Refused{}} }

// Last returns the last refusal at a mount; ok is false if none is remembered.
func (r *Refusals) Last(mount string) (last Refused, ok bool) {
	if r == nil {
		return Refused{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	last, ok = r.last[mount]
	return last, ok
}

// note remembers why an attempt was refused. A request without a login does not
// count: some programs begin with one to learn what the server can do.
func (r *Refusals) note(a attempt, why error) {
	var login *auth.Refusal
	if r == nil || errors.As(why, &login) && login.Missing || conf.CheckMountName(a.mount) != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.last[a.mount]; !known && len(r.last) >= maxRefusals {
		r.forgetOldest()
	}
	r.last[a.mount] = Refused{When: time.Now(), Addr: a.addr, Agent: clip(a.agent), Reason: clip(why.Error())}
}

func clip(s string) string {
	return strings.ToValidUTF8(strings.Clone(s[:min(len(s), maxWords)]), "")
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
type attempt struct {
	mount string
	addr  netip.Addr
	agent string
}
