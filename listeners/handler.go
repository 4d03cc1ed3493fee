package listeners

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/icy"
	"relay/internal/logging"
	"relay/internal/netconn"
	"relay/mounts"
)

// maxFull bounds the number of full mounts in a row from which a listener is passed
// on.
const maxFull = 5

// Serve answers GET or HEAD of a mount on a connection whose request head has been
// read. It owns conn and returns as soon as head and burst are written; the writers
// keep the listener. Range and query are ignored: a live stream is always a 200
// (e2e/recorded/listener-range-safari.txt).
func (w *Writers) Serve(conn net.Conn, req *http.Request, m *mounts.Mount) {
	l := newListener(req)
	if entry := w.accessLog.Begin(req); entry != nil {
		l.mustAccount().entry = entry
	}
	from, inPast, err := startOf(req, m, l.Since)
	if err != nil {
		w.refuse(conn, m, l, &startError{err})
		return
	}
	metadata := icy.WantsMetadata(req.Header)
	req = auth.ListenerRequest(req) // the client may have to wait
	mustWake := func() bool { return req.Method == http.MethodGet && m.Asleep() }
	arrived, err := expect(m, l, mustWake())
	if err != nil {
		w.refuse(conn, m, l, err)
		return
	}
	defer arrived()
	if err := w.admit(conn, req, m, l); err != nil {
		var refusal *auth.Refusal
		if errors.As(err, &refusal) && refusal.Redirect != "" {
			w.sendOn(conn, m, l, refusal.Redirect, "This stream is at ", err)
			return
		}
		w.refuse(conn, m, l, err)
		return
	}
	if mustWake() { // the mount may have fallen asleep during admit
		defer m.Audience.Want()()
		if err := awaitPlaying(conn, m); err != nil {
			w.refuse(conn, m, l, err)
			return
		}
	}
	arrived()
	asked := m
	m, err = w.find(conn, req, m, l)
	if err == nil {
		if err = Denied(w.gate, &l.Listener); err != nil { // the ban may be newer than the check in admit
			m.Audience.Leave(&l.Listener, mounts.LeftKicked)
		}
	}
	if err != nil {
		if w.redirect(conn, asked, l, err) {
			return
		}
		w.refuse(conn, m, l, err)
		return
	}
	l.mount = m
	contentType := m.ContentType()
	if metadata && !(strings.HasSuffix(contentType, "/ogg") && icy.KeepsBlocks(l.Agent())) {
		l.metaint = int32(m.Config().Metaint)
		l.untilBlock = l.metaint
	}
	l.limit(time.Duration(m.Config().MaxDuration))
	p := m.Programme()
	l.pending = icy.AppendListenerHead(nil, p.Station, contentType, p.BitRate, p.AudioInfo(), int(l.metaint), l.Since)
	l.pending = icy.WithHeaders(l.pending, m.Config().Headers)
	if icy.WantsICY(l.Agent()) {
		l.pending = icy.AsICY(l.pending)
	}
	if req.Method == http.MethodHead {
		n, _ := conn.Write(l.pending)
		w.end(conn, l, http.StatusOK, n)
		return
	}
	if !inPast || !w.recall(l, from) {
		l.introduce(l.Since)
	}
	w.seat(l, conn)
	w.metrics.firstByte.Observe(time.Since(l.Since).Seconds())
}

func newListener(req *http.Request) *listener {
	l := &listener{}
	l.ID = mounts.NewListenerID()
	l.Addr = netconn.Client(req)
	l.SetAgent(req.UserAgent()) // bounded by the server
	l.IdentifyPlayback(req.Header.Get("X-Playback-Session-Id"), req.Header.Get("Range"))
	l.Since = time.Now()
	return l
}

// expect reserves a place for a listener that will have to wait, for a hook's answer
// or for the mount to play. The caller calls arrived when the wait is over.
func expect(m *mounts.Mount, l *listener, asleep bool) (arrived func(), err error) {
	if !asleep && !m.Config().ListenerAuth.AsksListeners() {
		return func() {}, nil
	}
	return m.Audience.Expect(l.Addr)
}

// admit checks bans and, where the mount wants a login or has a hook, whether the
// client may listen. It waits for a hook's answer only while the client is connected.
func (w *Writers) admit(conn net.Conn, req *http.Request, m *mounts.Mount, l *listener) error {
	if err := Denied(w.gate, &l.Listener); err != nil {
		return err
	}
	if !m.Config().ListenerAuth.AsksListeners() {
		return nil
	}
	present, done := WhilePresent(w.serving, conn)
	defer done()
	admission, err := w.gate.Listener(present, req, m.Name, l.ID)
	if err != nil {
		return err
	}
	l.Login = &mounts.Login{User: admission.User}
	if admission.Member != nil {
		l.Login.StillHolds = func() bool { return w.gate.StillMember(admission.Member) }
	}
	l.mustAccount().admission = admission
	l.limit(admission.TimeLimit)
	return nil
}

// find joins the audience of m or, if that is full, of the mount that takes its
// overflow, provided that mount admits the listener too. HEAD joins no audience.
func (w *Writers) find(conn net.Conn, req *http.Request, m *mounts.Mount, l *listener) (*mounts.Mount, error) {
	if req.Method == http.MethodHead {
		return m, nil
	}
	admitted := m.Config().ListenerAuth
	for range maxFull {
		err := m.Audience.Join(&l.Listener)
		if err == nil {
			return m, nil
		}
		next := m.WhenFull()
		if !errors.Is(err, mounts.ErrMountFull) || next == nil {
			return m, err
		}
		if asks := next.Config().ListenerAuth; asks.AsksListeners() && !asks.AsksAs(admitted) {
			if w.readmit(conn, req, next, l) != nil {
				return m, err // a login would not help: m does not ask for one
			}
			admitted = asks
		}
		m = next
	}
	return m, mounts.ErrMountFull
}

// Denied returns why a listener is banned, or nil. A new ban disconnects listeners
// mount by mount, so this must be asked again after a listener has joined a mount:
// before that, the listener may have been in none of the audiences that were left to
// check.
func Denied(gate *auth.Gate, l *mounts.Listener) error {
	switch {
	case gate.DeniesAddress(l.Addr):
		return auth.ErrAddressDenied
	case gate.DeniesAgent(l.Agent()):
		return auth.ErrAgentDenied
	}
	return nil
}

// readmit is admit for a mount other than the one that admitted the listener. The
// first hook is told that the listener is gone.
func (w *Writers) readmit(conn net.Conn, req *http.Request, m *mounts.Mount, l *listener) error {
	arrived, err := m.Audience.Expect(l.Addr)
	if err != nil {
		return err
	}
	defer arrived()
	var before *auth.Admission
	if l.account != nil {
		before = l.account.admission
	}
	if err := w.admit(conn, req, m, l); err != nil {
		return err
	}
	if before != nil {
		before.Left(time.Since(l.Since))
	}
	return nil
}

// limit ends the listener's session after stay, unless stay is 0 or an earlier end is
// set.
func (l *listener) limit(stay time.Duration) {
	if until := l.until(); stay > 0 && (until == 0 || stay < until) {
		l.mustAccount().until = stay
	}
}

// redirect sends a listener for which there is no place to the configured address. It
// reports whether it did.
func (w *Writers) redirect(conn net.Conn, m *mounts.Mount, l *listener, reason error) bool {
	to := m.Config().RedirectFull
	isFull := errors.Is(reason, mounts.ErrMountFull) || errors.Is(reason, mounts.ErrServerFull) || errors.Is(reason, mounts.ErrMemoryShort)
	if to == "" || !isFull {
		return false
	}
	w.sendOn(conn, m, l, to, "This stream is full here, and is at ", reason)
	return true
}

// sendOn answers a listener with a redirect to another address, after a sentence that
// says why.
func (w *Writers) sendOn(conn net.Conn, m *mounts.Mount, l *listener, to, sentence string, reason error) {
	w.log.Debug("listener sent on", zap.String("mount", m.Name), zap.Stringer("ip", l.Addr), zap.String("agent", l.Agent()), zap.Error(reason))
	n, _ := conn.Write(icy.AppendRefusal(nil, http.StatusFound, sentence+to+"\r\n", time.Now(), http.Header{"Location": {to}}))
	w.end(conn, l, http.StatusFound, n)
}

func (w *Writers) refuse(conn net.Conn, m *mounts.Mount, l *listener, reason error) {
	status, sentence, header := Refusal(reason)
	LogRefusal(w.log, m.Name, &l.Listener, reason)
	n, _ := conn.Write(icy.AppendRefusal(nil, status, sentence, time.Now(), header))
	w.end(conn, l, status, n)
}

// Refusal returns the answer to a listener that is not admitted for a reason: an error of
// auth.Gate, of mounts.Audience or that nothing plays. header holds further header lines.
func Refusal(reason error) (status int, sentence string, header http.Header) {
	login := &auth.Refusal{}
	switch {
	case errors.As(reason, &login):
		return login.Status(), cmp.Or(login.Message, login.Sentence()) + "\r\n", login.Header()
	case errors.Is(reason, auth.ErrAddressDenied):
		return http.StatusForbidden, auth.AddressDenied, nil
	case errors.Is(reason, auth.ErrAgentDenied):
		return http.StatusForbidden, "This program may not listen here", nil
	case errors.Is(reason, mounts.ErrServerFull):
		return http.StatusForbidden, "the server has reached its limit of listeners", nil
	case errors.Is(reason, mounts.ErrMemoryShort), errors.Is(reason, mounts.ErrTooManyExpected):
		return http.StatusServiceUnavailable, reason.Error() + ", try again in a minute", nil
	case errors.Is(reason, mounts.ErrTooManyOfOne):
		return http.StatusForbidden, "Too many connections from your address", nil
	case errors.As(reason, new(*startError)):
		return http.StatusBadRequest, reason.Error() + "\r\n", nil
	case errors.Is(reason, errNotPlaying):
		return http.StatusNotFound, reason.Error(), nil
	}
	return http.StatusForbidden, "max listeners reached", nil // recorded: e2e/recorded/listener-full.txt
}

// LogRefusal logs that a listener was not admitted.
func LogRefusal(log *zap.Logger, mount string, l *mounts.Listener, reason error) {
	level, login := log.Warn, &auth.Refusal{}
	switch {
	case errors.As(reason, &login) && login.Quiet() && !login.Missing,
		errors.Is(reason, auth.ErrAddressDenied), errors.Is(reason, auth.ErrAgentDenied),
		errors.As(reason, new(*startError)):
		level = log.Debug
	}
	level("listener refused", zap.String("mount", mount), zap.Stringer("ip", l.Addr),
		zap.String("agent", l.Agent()), zap.Error(reason), logging.LimitPerClient(l.Addr))
}

// end closes the connection of a client that did not become a listener.
func (w *Writers) end(conn net.Conn, l *listener, status, sent int) {
	conn.Close()
	w.gone(l, status, int64(sent))
}

// gone tells the access log and the hook that a listener is gone.
func (w *Writers) gone(l *listener, status int, sent int64) {
	if l.account == nil {
		return
	}
	if l.account.admission != nil {
		l.account.admission.Left(time.Since(l.Since))
	}
	w.accessLog.End(l.account.entry, status, sent)
}
