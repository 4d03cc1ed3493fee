package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
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

	// A session that a hook has let in lives by its word: it is asked again when the
	// session is used after hookWordLasts, and before what changes anything after
	// hookWordFresh.
	hookWordLasts = 10 * time.Second
	hookWordFresh = time.Second
)

// Session is a login that a browser keeps by a cookie.
type Session struct {
	User     string
	Operator bool   // the administrator's login
	Mount    string // of a source's login: the only mount it opens
	CSRF     string // to be repeated by whatever changes something

	password, ip string // for a hook
}

// With returns s with the password that it was opened with, and where that came from. A
// hook that has let it in is asked about them again; otherwise they are not kept.
func (s Session) With(password, ip string) Session {
	s.password, s.ip = password, ip
	return s
}

// Sessions are the logins that are open. They live in memory and end with the
// program, with the password they were opened with, with the word of the hook that
// let them in, and 12 hours after their last use. Safe for concurrent use.
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

	asked  time.Time     // when the hook last gave its word
	asking chan struct{} // closed when it has answered; nil: it is not being asked
	answer *Refusal      // its last
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
	if all.gate.hookOf(s) == "" {
		s.password, s.ip = "", ""
	}
	all.open[sha256.Sum256([]byte(token))] = &openSession{Session: s, key: all.gate.key(s), used: now, asked: now}
	s.password, s.ip = "", ""
	return token, s
}

// Find returns the session of a token, if it is open still, and counts as use. The
// hook that let it in is asked again now and then, which may take some seconds; while
// that gives no answer the session stays.
func (all *Sessions) Find(token string) (s Session, ok bool) {
	s, err := all.find(token, hookWordLasts)
	var refusal *Refusal
	return s, err == nil || errors.As(err, &refusal) && refusal.Unavailable
}

// Confirm asks the hook that let the session of a token in, if one did, whether it may
// still change something. The error is a *Refusal.
func (all *Sessions) Confirm(token string) error {
	_, err := all.find(token, hookWordFresh)
	return err
}

// find returns the session of a token. The word of a hook may be so old.
func (all *Sessions) find(token string, word time.Duration) (Session, error) {
	digest := sha256.Sum256([]byte(token))
	found, asking, first := all.look(digest, word)
	switch {
	case found == nil:
		return Session{}, errNoSession
	case first:
		all.note(found, all.gate.askAgain(found.Session))
	case asking == nil || word == hookWordLasts: // or another request waits for the answer
		return found.shown(), nil
	default:
		<-asking
	}
	return all.outcome(digest, found)
}

// look returns a session that is open, or nil, and counts as use. asking is not nil if
// the hook is to be asked first: by the caller if first is true, who must note the
// answer, and otherwise it is being asked until asking is closed.
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

// note notes what the hook has answered about a session.
func (all *Sessions) note(s *openSession, answer *Refusal) {
	all.mu.Lock()
	defer all.mu.Unlock()
	close(s.asking)
	s.asking, s.answer = nil, answer
	if answer == nil {
		s.asked = all.now()
	}
}

// outcome is what find returns after the hook has answered.
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

// shown is what others may know of a session.
func (s *openSession) shown() Session { return s.Session.With("", "") }

var errNoSession = &Refusal{Missing: true, Reason: "there is no such session"}

// hookOf returns the address of the hook that let a session in, or nothing.
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
		return errNoSession // it went this moment
	}
	ctx, cancel := context.WithTimeout(context.Background(), g.hooks.timeout)
	defer cancel()
	return g.hooks.mayStream(ctx, hook, "the session of "+ofUser(s.User),
		stream{mount: s.Mount, ip: s.ip, user: s.User, password: s.password, admin: true})
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
