package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"time"
)

// SessionCookie is the cookie that holds the token of a session.
const SessionCookie = "relay_session"

const (
	// sessionLasts is how long a session lives after its last use.
	sessionLasts = 12 * time.Hour
	// mostSessions bounds the memory of them; whoever logs in when all are
	// taken ends the one that was used the longest time ago.
	mostSessions = 1000
)

// Session is a login that a browser keeps by a cookie.
type Session struct {
	User     string
	Operator bool   // the administrator's login
	Mount    string // of a source's login: the only mount it opens
	CSRF     string // to be repeated by whatever changes something
}

// Sessions are the logins that are open. They live in memory and end with the
// program, with the password they were opened with, and 12 hours after their
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
}

// NewSessions returns sessions of logins that g has let in; none is open.
func NewSessions(g *Gate) *Sessions {
	return &Sessions{gate: g, now: time.Now, open: map[[sha256.Size]byte]*openSession{}}
}

// Begin opens a session for who has just logged in, and returns the token by
// which it is found, 256 random bits. The CSRF token of s is made here too.
func (all *Sessions) Begin(s Session) (token string, begun Session) {
	s.CSRF = newToken()
	token = newToken()
	all.mu.Lock()
	defer all.mu.Unlock()
	now := all.now()
	all.makeRoom(now)
	all.open[sha256.Sum256([]byte(token))] = &openSession{Session: s, key: all.gate.key(s), used: now}
	return token, s
}

// Find returns the session of a token, if it is open still, and counts as use.
func (all *Sessions) Find(token string) (s Session, ok bool) {
	digest := sha256.Sum256([]byte(token))
	all.mu.Lock()
	defer all.mu.Unlock()
	found := all.open[digest]
	if found == nil {
		return Session{}, false
	}
	now := all.now()
	if now.Sub(found.used) >= sessionLasts || found.key != all.gate.key(found.Session) {
		delete(all.open, digest)
		return Session{}, false
	}
	found.used = now
	return found.Session, true
}

// End closes the session of a token.
func (all *Sessions) End(token string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.open, sha256.Sum256([]byte(token)))
}

// makeRoom lets go of sessions that are over and, when there is still no room,
// of the one that was used the longest time ago. all.mu is held.
func (all *Sessions) makeRoom(now time.Time) {
	if len(all.open) < mostSessions {
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
	if len(all.open) >= mostSessions {
		delete(all.open, oldest)
	}
}

// Confirms reports whether a request that carries the session's cookie was
// made by a page that could read the session's CSRF token.
func (s Session) Confirms(given string) bool {
	return s.CSRF != "" && subtle.ConstantTimeCompare([]byte(s.CSRF), []byte(given)) == 1
}

// key is a digest of all that would open a session of this kind: when the
// configuration gets another login, sessions of the old one are found out.
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
