package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/netip"
	"sync"
	"time"

	"relay/auth/hooks"
)

// SessionCookie is the name of the cookie that holds the token of a login session.
const SessionCookie = "relay_session"

const (
	// sessionLasts is how long a session lives after its last use.
	sessionLasts = 12 * time.Hour
	// maxSessions bounds the memory of sessions. A login beyond it ends the session that
	// has been unused for longest.
	maxSessions = 1000

	// A hook's word for a session ages: the hook is asked again when the session is used
	// after hookWordLasts, and before a change after hookWordFresh.
	hookWordLasts = 10 * time.Second
	hookWordFresh = time.Second
)

// Session is the login of a browser, kept by a cookie.
type Session struct {
	User     string
	Operator bool   // the administrator's login
	Mount    string // of a source's login: the only mount that it opens
	CSRF     string // to be repeated by requests that change something

	password string     // for a hook; see With
	ip       netip.Addr // likewise
}

// With returns s with its password and the address it came from. They are kept only if a
// hook has let the session in, which is then asked about them again.
func (s Session) With(password string, ip netip.Addr) Session {
	s.password, s.ip = password, ip
	return s
}

// Sessions are the open login sessions. They live in memory and end with the program, when
// their password changes, when the hook that let them in says no, and 12 hours after their
// last use. Safe for concurrent use.
type Sessions struct {
	gate *Gate
	now  func() time.Time

	mu   sync.Mutex
	open map[[sha256.Size]byte]*openSession // by the digest of the token
}

type openSession struct {
	Session
	key  [sha256.Size]byte // see Gate.key
	used time.Time

	asked  time.Time     // when the hook last said yes
	asking chan struct{} // closed when the hook has answered; nil if it is not being asked
	answer *Refusal      // the hook's last
}

// NewSessions returns the sessions of logins that g has accepted; none is open.
func NewSessions(g *Gate) *Sessions {
	return &Sessions{gate: g, now: time.Now, open: map[[sha256.Size]byte]*openSession{}}
}

// Begin opens a session after a login, and returns its token, 256 random bits, by which
// Find finds it. The CSRF token of s is made here too.
func (all *Sessions) Begin(s Session) (token string, begun Session) {
	s.CSRF = newToken()
	token = newToken()
	all.mu.Lock()
	defer all.mu.Unlock()
	now := all.now()
	all.makeRoom(now)
	if all.gate.hookOf(s) == "" {
		s.password, s.ip = "", netip.Addr{}
	}
	all.open[sha256.Sum256([]byte(token))] = &openSession{Session: s, key: all.gate.key(s), used: now, asked: now}
	s.password, s.ip = "", netip.Addr{}
	return token, s
}

// Find returns the session of a token, if it is open, and counts as use. It asks the hook
// that let the session in again now and then, which may take some seconds. If the hook
// gives no answer, the session stays.
func (all *Sessions) Find(token string) (s Session, ok bool) {
	s, err := all.find(token, hookWordLasts)
	var refusal *Refusal
	return s, err == nil || errors.As(err, &refusal) && refusal.Unavailable
}

// Confirm asks the hook that let the session of a token in, if one did, whether the
// session may still change something. The error is a *Refusal.
func (all *Sessions) Confirm(token string) error {
	_, err := all.find(token, hookWordFresh)
	return err
}

// find returns the session of a token. word is how old the hook's word may be.
func (all *Sessions) find(token string, word time.Duration) (Session, error) {
	digest := sha256.Sum256([]byte(token))
	found, asking, first := all.look(digest, word)
	switch {
	case found == nil:
		return Session{}, errNoSession
	case first:
		all.note(found, all.gate.askAgain(found.Session))
	case asking == nil || word == hookWordLasts: // or another request is asking the hook
		return found.shown(), nil
	default:
		<-asking
	}
	return all.outcome(digest, found)
}

// look returns a session, or nil if it is not open, and counts as use. asking is not nil
// if the hook must be asked. If first is true, the caller must ask it and note the answer;
// otherwise another caller is asking, until asking is closed.
func (all *Sessions) look(digest [sha256.Size]byte, word time.Duration) (found *openSession, asking chan struct{}, first bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	found = all.open[digest]
	if found == nil {
		return nil, nil, false
	}
	now := all.now()
	if now.Sub(found.used) >= sessionLasts || found.key != all.gate.key(found.Session) {
		delete(all.open, digest)
		return nil, nil, false
	}
	found.used = now
	if found.password == "" || now.Sub(found.asked) < word {
		return found, nil, false
	}
	if first = found.asking == nil; first {
		found.asking = make(chan struct{})
	}
	return found, found.asking, first
}

// note notes a hook's answer about a session.
func (all *Sessions) note(s *openSession, answer *Refusal) {
	all.mu.Lock()
	defer all.mu.Unlock()
	close(s.asking)
	s.asking, s.answer = nil, answer
	if answer == nil {
		s.asked = all.now()
	}
}

// outcome returns what find returns after the hook has answered.
func (all *Sessions) outcome(digest [sha256.Size]byte, s *openSession) (Session, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	switch {
	case all.open[digest] != s:
		return Session{}, errNoSession
	case s.answer != nil && !s.answer.Unavailable:
		delete(all.open, digest)
	}
	return s.shown(), s.answer.orNil()
}

// shown returns the part of a session that others may know.
func (s *openSession) shown() Session { return s.Session.With("", netip.Addr{}) }

var errNoSession = &Refusal{Missing: true, Reason: "there is no such session"}

// hookOf returns the address of the hook that let a session in; empty if none did.
func (g *Gate) hookOf(s Session) string {
	if s.Operator {
		return ""
	}
	return g.conf.Config().Mount(s.Mount).ListenerAuth.StreamAuth
}

// askAgain asks the hook that let a session in.
func (g *Gate) askAgain(s Session) *Refusal {
	hook := g.hookOf(s)
	if hook == "" {
		return errNoSession // the hook was just removed
	}
	ctx, cancel := context.WithTimeout(context.Background(), g.hooks.Timeout)
	defer cancel()
	return refusalOf(g.hooks.MayStream(ctx, hook, "the session of "+ofUser(s.User),
		hooks.Stream{Mount: s.Mount, IP: s.ip, User: s.User, Password: s.password, Admin: true}))
}

// End closes the session of a token.
func (all *Sessions) End(token string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.open, sha256.Sum256([]byte(token)))
}

// makeRoom removes sessions that are over and, if there is still no room, the one that has
// been unused for longest. all.mu is held.
func (all *Sessions) makeRoom(now time.Time) {
	if len(all.open) < maxSessions {
		return
	}
	var oldest [sha256.Size]byte
	last := now
	for digest, s := range all.open {
		if now.Sub(s.used) >= sessionLasts {
			delete(all.open, digest)
		} else if !s.used.After(last) {
			oldest, last = digest, s.used
		}
	}
	if len(all.open) >= maxSessions {
		delete(all.open, oldest)
	}
}

// Confirms reports whether a request that carries the session's cookie came from a page
// that could read the session's CSRF token.
func (s Session) Confirms(given string) bool {
	return s.CSRF != "" && subtle.ConstantTimeCompare([]byte(s.CSRF), []byte(given)) == 1
}

// key returns a digest of all logins that would open a session of this kind. When the
// configuration changes one of them, sessions of the old login no longer match.
func (g *Gate) key(s Session) [sha256.Size]byte {
	c := g.conf.Config()
	text := "operator\x00" + c.Auth.AdminUser + "\x00" + c.Auth.AdminPassword.Reveal()
	if !s.Operator {
		m := c.Mount(s.Mount)
		text = "source\x00" + s.Mount + "\x00" + m.ListenerAuth.StreamAuth
		for _, l := range m.SourceLogins() {
			text += "\x00" + l.User + "\x00" + l.Password.Reveal()
		}
	}
	return sha256.Sum256([]byte(text))
}

// newToken returns 256 random bits in letters that may stand in a cookie.
func newToken() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
