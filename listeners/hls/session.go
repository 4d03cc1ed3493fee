package hls

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"hash/maphash"
	"maps"
	"net"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/internal/accesslog"
	"relay/internal/netconn"
	"relay/listeners"
	"relay/mounts"
)

const (
	// silence is how long a client may ask for no playlist until its session ends.
	silence = 3 * target

	// maxRemoved is how many removed sessions are remembered, and removedFor how long.
	maxRemoved = 10_000
	removedFor = 10 * time.Minute
)

// errRemoved refuses a client whose session was ended for good: by an operator, or by a
// limit of its time.
var errRemoved = errors.New("this session is over")

// token names a session. It stands in the path of the media playlist.
type token [16]byte

func newToken() (t token) {
	rand.Read(t[:])
	return t
}

func (t token) String() string { return base64.RawURLEncoding.EncodeToString(t[:]) }

// parseToken is the inverse of String; ok is false for other texts.
func parseToken(s string) (t token, ok bool) {
	n, err := base64.RawURLEncoding.Strict().Decode(t[:], []byte(s[:min(len(s), 22)]))
	return t, err == nil && n == len(t) && len(s) == 22
}

// key identifies a session. Behind a cache, several clients may have the same token: then
// what else distinguishes listeners counts. A client chooses its token as it likes: a
// session is admitted and limited like any listener.
type key struct {
	token  token
	client uint64
}

var clientSeed = maphash.MakeSeed()

// keyOf returns the key of the session to which a request belongs.
func keyOf(t token, req *http.Request) key {
	var h maphash.Hash
	h.SetSeed(clientSeed)
	if playback := req.Header.Get("X-Playback-Session-Id"); playback != "" {
		h.WriteString(playback)
	} else {
		h.WriteString(netconn.Client(req).String())
		h.WriteByte(0)
		h.WriteString(req.UserAgent())
	}
	return key{t, h.Sum64()}
}

// session is a client that listens by HLS: it is in the audience of a mount from its first
// request for a media playlist on. Guarded by Hub.mu, apart from what mounts.Listener
// guards itself.
type session struct {
	mounts.Listener
	mount   *mounts.Mount
	seen    time.Time // when it last asked
	listed  int64     // number of the last segment that it knows of; 0: none yet
	detour  *detour   // an operator has moved it: what it asks for does not matter; nil: it hears what it asks for
	account *account  // nil: nobody is told when it leaves, and nothing limits it
}

// attendance is a session at one moment. The zero value stands for a client without one.
type attendance struct {
	*session
	mount  *mounts.Mount // whose playlist it gets
	detour *detour
}

// account holds what only few sessions need.
type account struct {
	entry     *accesslog.Access // nil: no access log is kept
	admission *auth.Admission   // nil: no login or hook was asked
	until     time.Duration     // end of the session, counted from Since; 0: no limit
}

// heard counts what a client fetches beside a playlist: the segments in it that are new to
// the client or, at first, those that a player begins with.
func (h *Hub) heard(a attendance, p *playlist) {
	const first = 3
	last, _ := a.detour.numbers(p.last())
	h.mu.Lock()
	defer h.mu.Unlock()
	s := a.session
	if s.listed == 0 {
		s.listed = last - first
	}
	if n := min(last-s.listed, leastListed); n > 0 {
		s.Sent.Add(n * int64(float64(p.average)/8*p.last().Length.Seconds()))
	}
	s.listed = max(s.listed, last)
}

// attend returns the session of a client that asks for the playlist of m. It begins one
// unless the client has one; HEAD begins none. The error is one for listeners.Refusal, or
// errRemoved.
func (h *Hub) attend(conn net.Conn, req *http.Request, m *mounts.Mount, t token) (attendance, error) {
	k, now := keyOf(t, req), time.Now()
	h.mu.Lock()
	s, over := h.sessions[k], ""
	if s != nil {
		s.seen = now
		over = h.judge(s, now)
		if over == "" && !h.follow(s, m) {
			over = mounts.LeftByItself
		}
	}
	if s != nil && over == "" {
		defer h.mu.Unlock()
		return attendance{s, s.mount, s.detour}, nil
	}
	h.mu.Unlock()
	if s != nil {
		h.end(k, s, over)
	}
	if h.isRemoved(k) {
		return attendance{}, errRemoved
	}
	return h.join(conn, req, m, k)
}

// follow lets a session go on with another mount that its client asks for, if that is
// another rendition of the same programme. It reports whether the session goes on. h.mu is
// held.
func (h *Hub) follow(s *session, m *mounts.Mount) bool {
	c := h.Conf.Config()
	switch {
	case s.detour != nil || s.mount == m:
		return true
	case c.RootOf(s.mount.Name) != c.RootOf(m.Name) || !m.Config().ListenerAuth.AsksAs(s.mount.Config().ListenerAuth):
		return false
	}
	h.switchTo(s, m)
	s.listed = 0
	return true
}

// join begins a session.
func (h *Hub) join(conn net.Conn, req *http.Request, m *mounts.Mount, k key) (attendance, error) {
	s := &session{mount: m}
	s.ID, s.Addr, s.Since, s.Via = mounts.NewListenerID(), netconn.Client(req), time.Now(), mounts.ViaHLS
	s.seen = s.Since
	s.SetAgent(req.UserAgent())
	s.IdentifyPlayback(req.Header.Get("X-Playback-Session-Id"), "")
	if entry := h.AccessLog.Begin(req); entry != nil {
		s.account = &account{entry: entry}
	}
	err := h.admit(conn, req, m, s)
	if err == nil && req.Method == http.MethodHead {
		h.tellLeft(s, http.StatusOK)
		return attendance{}, nil
	}
	if err == nil {
		var a attendance
		if a, err = h.enter(k, s); err == nil && a.session != s { // two requests came at once
			s.mustAccount().entry = nil
			h.tellLeft(s, http.StatusOK)
			return a, nil
		}
	}
	if err != nil {
		listeners.LogRefusal(h.Log, m.Name, &s.Listener, err)
		status, _, _ := listeners.Refusal(err)
		h.tellLeft(s, status)
		return attendance{}, err
	}
	if err := listeners.Denied(h.Gate, &s.Listener); err != nil { // the ban may be newer than the check in admit
		h.end(k, s, mounts.LeftKicked)
		return attendance{}, err
	}
	return attendance{session: s, mount: m}, nil
}

// enter adds a session, unless there is another one by now, and returns the one that there
// is. A client may ask for several renditions at the same moment: each request gets the
// playlist that it asked for.
func (h *Hub) enter(k key, s *session) (attendance, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if other := h.sessions[k]; other != nil {
		if h.follow(other, s.mount) {
			return attendance{other, other.mount, other.detour}, nil
		}
		return attendance{session: other, mount: s.mount}, nil // its next request ends the other one
	}
	if err := s.mount.Audience.Join(&s.Listener); err != nil {
		return attendance{}, err
	}
	h.sessions[k] = s
	return attendance{session: s, mount: s.mount}, nil
}

// admit checks bans, and asks for a login or a hook's permission where the mount wants it.
// It waits for a hook's answer only while the client is connected.
func (h *Hub) admit(conn net.Conn, req *http.Request, m *mounts.Mount, s *session) error {
	if err := listeners.Denied(h.Gate, &s.Listener); err != nil {
		return err
	}
	limit := time.Duration(m.Config().MaxDuration)
	if m.Config().ListenerAuth.AsksListeners() {
		arrived, err := m.Audience.Expect(s.Addr)
		if err != nil {
			return err
		}
		defer arrived()
		present, done := listeners.WhilePresent(req.Context(), conn)
		defer done()
		admission, err := h.Gate.Listener(present, auth.ListenerRequest(req), m.Name, s.ID)
		if err != nil {
			return err
		}
		s.Login = &mounts.Login{User: admission.User}
		if admission.Member != nil {
			s.Login.StillHolds = func() bool { return h.Gate.StillMember(admission.Member) }
		}
		s.mustAccount().admission = admission
		if own := admission.TimeLimit; own > 0 && (limit == 0 || own < limit) {
			limit = own
		}
	}
	if limit > 0 {
		s.mustAccount().until = limit
	}
	return nil
}

func (s *session) mustAccount() *account {
	if s.account == nil {
		s.account = &account{}
	}
	return s.account
}

// judge returns why a session must end now, or "". It carries out an order to move. h.mu is
// held.
func (h *Hub) judge(s *session, now time.Time) (reason string) {
	if order := s.TakeOrder(); order != nil {
		if order.MoveTo == nil {
			return mounts.LeftKicked
		}
		h.move(s, order.MoveTo)
		if listeners.Denied(h.Gate, &s.Listener) != nil {
			return mounts.LeftKicked
		}
	}
	switch {
	case s.account != nil && s.account.until > 0 && now.Sub(s.Since) >= s.account.until:
		return mounts.LeftOverdue
	case s.mount.Stream.Ended():
		return mounts.LeftEnded
	case now.Sub(s.seen) >= silence:
		return mounts.LeftByItself
	}
	return ""
}

// move carries out an operator's order to move a session, if the other mount can be heard
// by HLS. h.mu is held.
func (h *Hub) move(s *session, to *mounts.Mount) {
	from, t := h.tapes[s.mount.Name], h.tapes[to.Name]
	if to == s.mount || to.Stream.Ended() || t == nil || from == nil {
		return
	}
	next, last := t.offer(), from.offer()
	if next == nil {
		return
	}
	number, domain := s.listed, int64(0)
	if last != nil {
		_, domain = s.detour.numbers(last.last())
	}
	s.detour = newDetour(number, domain, next)
	h.switchTo(s, to)
}

// switchTo takes a session to the audience of another mount. h.mu is held.
func (h *Hub) switchTo(s *session, to *mounts.Mount) {
	s.mount.Audience.MoveTo(&to.Audience, &s.Listener)
	s.mount = to
}

// end ends a session that judge has condemned.
func (h *Hub) end(k key, s *session, reason string) {
	h.mu.Lock()
	if h.sessions[k] != s {
		h.mu.Unlock()
		return
	}
	delete(h.sessions, k)
	if reason == mounts.LeftKicked || reason == mounts.LeftOverdue {
		if len(h.removed) >= maxRemoved {
			clear(h.removed)
		}
		h.removed[k] = time.Now()
	}
	h.mu.Unlock()
	s.mount.Audience.Leave(&s.Listener, reason)
	h.tellLeft(s, http.StatusOK)
	h.Log.Debug("listener left", zap.String("mount", s.mount.Name), zap.Stringer("ip", s.Addr), zap.String("agent", s.Agent()),
		zap.Stringer("via", s.Via), zap.String("reason", reason), zap.Int64("bytes", s.Sent.Load()), zap.Duration("stayed", time.Since(s.Since).Round(time.Millisecond)))
}

// isRemoved reports whether a session was ended for good.
func (h *Hub) isRemoved(k key) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, found := h.removed[k]
	return found && time.Since(at) < removedFor
}

// tellLeft tells the access log and the hook that a client is gone.
func (h *Hub) tellLeft(s *session, status int) {
	if s.account == nil {
		return
	}
	if s.account.admission != nil {
		s.account.admission.Left(time.Since(s.Since))
	}
	h.AccessLog.End(s.account.entry, status, s.Sent.Load())
}

// sweep ends the sessions that must end.
func (h *Hub) sweep() {
	type condemned struct {
		key
		*session
		reason string
	}
	var list []condemned
	now := time.Now()
	h.mu.Lock()
	for k, s := range h.sessions {
		if reason := h.judge(s, now); reason != "" {
			list = append(list, condemned{k, s, reason})
		}
	}
	h.mu.Unlock()
	for _, c := range list {
		h.end(c.key, c.session, c.reason)
	}
}

// forgetRemoved drops what is remembered for too long.
func (h *Hub) forgetRemoved() {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.removed, func(_ key, at time.Time) bool { return time.Since(at) >= removedFor })
}

// Sessions returns the number of sessions.
func (h *Hub) Sessions() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.sessions)
}

// tokenOf returns the token in the name of a media playlist.
func tokenOf(file string) (token, bool) {
	name, isPlaylist := strings.CutSuffix(file, playlistExt)
	if !isPlaylist {
		return token{}, false
	}
	return parseToken(name)
}
