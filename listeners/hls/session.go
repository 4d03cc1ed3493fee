package hls

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"hash/maphash"
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

// errRemoved refuses a client that an operator has removed.
var errRemoved = errors.New("removed by the operator")

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
// what else distinguishes listeners counts.
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
	isMoved bool      // by an operator: what it asks for does not matter any longer
	seen    time.Time // when it last asked
	listed  int64     // number of the last segment that it knows of; 0: none yet
	account *account  // nil: nobody is told when it leaves, and nothing limits it
}

// account holds what only few sessions need.
type account struct {
	entry     *accesslog.Access // nil: no access log is kept
	admission *auth.Admission   // nil: no login or hook was asked
	until     time.Duration     // end of the session, counted from Since; 0: no limit
}

// heard counts what a client fetches: a playlist and the segments in it that are new to
// the client, or, at first, those that a player begins with.
func (h *Hub) heard(s *session, p *playlist) {
	const first = 3
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.listed == 0 {
		s.listed = p.last().number - first
	}
	if n := min(p.last().number-s.listed, leastListed); n > 0 {
		s.Sent.Add(n * int64(float64(p.average)/8*p.last().length.Seconds()))
	}
	s.Sent.Add(int64(len(p.plain)))
	s.listed = max(s.listed, p.last().number)
}

// attend returns the session of a client that asks for the playlist of m, and the mount
// whose playlist it gets: an operator may have moved it to another. It begins a session
// unless the client has one. The error is one for listeners.Refusal, or errRemoved.
func (h *Hub) attend(req *http.Request, m *mounts.Mount, t token) (*session, *mounts.Mount, error) {
	k := keyOf(t, req)
	h.mu.Lock()
	if s := h.sessions[k]; s != nil {
		s.seen = time.Now()
		reason := h.judge(s)
		if reason == "" && !s.isMoved {
			h.switchTo(s, m)
		}
		m = s.mount
		h.mu.Unlock()
		if reason != "" {
			h.end(k, s, reason)
			return nil, nil, errRemoved
		}
		return s, m, nil
	}
	removed := time.Since(h.removed[t]) < removedFor
	h.mu.Unlock()
	if removed {
		return nil, nil, errRemoved
	}
	s, err := h.join(req, m, k)
	return s, m, err
}

// join begins a session.
func (h *Hub) join(req *http.Request, m *mounts.Mount, k key) (*session, error) {
	s := &session{mount: m}
	s.ID, s.Addr, s.Since, s.Via = mounts.NewListenerID(), netconn.Client(req), time.Now(), mounts.ViaHLS
	s.seen = s.Since
	s.SetAgent(req.UserAgent())
	s.IdentifyPlayback(req.Header.Get("X-Playback-Session-Id"), "")
	if entry := h.AccessLog.Begin(req); entry != nil {
		s.account = &account{entry: entry}
	}
	err := h.admit(req, m, s)
	if err == nil {
		err = m.Audience.Join(&s.Listener)
	}
	if err == nil {
		if err = listeners.Denied(h.Gate, &s.Listener); err != nil { // the ban may be newer than the check in admit
			m.Audience.Leave(&s.Listener, mounts.LeftKicked)
		}
	}
	if err != nil {
		listeners.LogRefusal(h.Log, m.Name, &s.Listener, err)
		h.tellLeft(s, http.StatusForbidden)
		return nil, err
	}
	m.ContentType() // the mount keeps its codec while the session lasts
	h.mu.Lock()
	other := h.sessions[k]
	if other == nil {
		h.sessions[k] = s
	}
	h.mu.Unlock()
	if other != nil { // two requests came at once
		m.Audience.Leave(&s.Listener, mounts.LeftByItself)
		h.tellLeft(s, http.StatusOK)
		return other, nil
	}
	return s, nil
}

// admit checks bans, and asks for a login or a hook's permission where the mount wants it.
func (h *Hub) admit(req *http.Request, m *mounts.Mount, s *session) error {
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
		admission, err := h.Gate.Listener(req.Context(), auth.ListenerRequest(req), m.Name, s.ID)
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
func (h *Hub) judge(s *session) (reason string) {
	now := time.Now()
	if order := s.TakeOrder(); order != nil {
		if order.MoveTo == nil {
			return mounts.LeftKicked
		}
		s.isMoved = h.switchTo(s, order.MoveTo) || s.isMoved
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

// switchTo takes a session to the audience of another mount, such as a rendition of the
// first. h.mu is held.
func (h *Hub) switchTo(s *session, to *mounts.Mount) bool {
	if to == s.mount || to.Stream.Ended() {
		return false
	}
	s.mount.Audience.MoveTo(&to.Audience, &s.Listener)
	s.mount, s.listed = to, 0
	to.ContentType()
	return true
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
		h.removed[k.token] = time.Now()
	}
	h.mu.Unlock()
	s.mount.Audience.Leave(&s.Listener, reason)
	h.tellLeft(s, http.StatusOK)
	h.Log.Debug("listener left", zap.String("mount", s.mount.Name), zap.Stringer("ip", s.Addr), zap.String("agent", s.Agent()),
		zap.Stringer("via", s.Via), zap.String("reason", reason), zap.Int64("bytes", s.Sent.Load()), zap.Duration("stayed", time.Since(s.Since).Round(time.Millisecond)))
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
	h.mu.Lock()
	for k, s := range h.sessions {
		if reason := h.judge(s); reason != "" {
			list = append(list, condemned{k, s, reason})
		}
	}
	for t, at := range h.removed {
		if time.Since(at) >= removedFor {
			delete(h.removed, t)
		}
	}
	h.mu.Unlock()
	for _, c := range list {
		h.end(c.key, c.session, c.reason)
	}
}

// tokenOf returns the token in the name of a media playlist.
func tokenOf(file string) (token, bool) {
	name, isPlaylist := strings.CutSuffix(file, playlistExt)
	if !isPlaylist {
		return token{}, false
	}
	return parseToken(name)
}
