package listeners

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/icy"
	"relay/internal/logging"
	"relay/mounts"
)

// mostFull bounds how many full mounts a listener is passed on from.
const mostFull = 5

// Serve answers GET or HEAD of a mount on a connection whose request head has
// been read. It owns conn and returns as soon as head and burst are written;
// the listener stays with the writers. Range and query play no part: a live
// stream is always a 200 (wire/listener-range-safari.txt).
func (w *Writers) Serve(conn net.Conn, req *http.Request, m *mounts.Mount) {
	l := newListener(req)
	l.entry = w.journal.Begin(req)
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
		w.refuse(conn, m, l, err)
		return
	}
	if mustWake() { // it may have fallen asleep while he was asked about
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
		if err = denied(w.gate, l); err != nil { // since he came
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
	if metadata {
		l.metaint = m.Config().Metaint
		l.untilBlock = l.metaint
	}
	l.limit(time.Duration(m.Config().MaxDuration))
	p := m.Programme()
	l.pending = icy.AppendListenerHead(nil, p.Station, p.BitRate, p.AudioInfo(), l.metaint, l.Since)
	l.pending = icy.WithHeaders(l.pending, m.Config().Headers)
	if icy.WantsICY(l.Agent) {
		l.pending = icy.AsICY(l.pending)
	}
	if req.Method == http.MethodHead {
		n, _ := conn.Write(l.pending)
		w.end(conn, l, http.StatusOK, n)
		return
	}
	l.introduce(l.Since)
	w.seat(l, conn)
	w.metrics.firstByte.Observe(time.Since(l.Since).Seconds())
}

func newListener(req *http.Request) *listener {
	l := &listener{lastTaken: time.Now()}
	l.ID = mounts.NewListenerID()
	l.Addr, _, _ = net.SplitHostPort(req.RemoteAddr)
	l.Agent = req.UserAgent() // bounded at the door, where it left the head behind
	l.Since = l.lastTaken
	return l
}

// expect keeps a place for him where he will have to wait: for a web server that is
// asked about him, or for a mount to play.
func expect(m *mounts.Mount, l *listener, asleep bool) (arrived func(), err error) {
	if !asleep && !m.Config().ListenerAuth.AsksListeners() {
		return func() {}, nil
	}
	return m.Audience.Expect(l.Addr)
}

// admit asks whether he may listen, where somebody is to be asked, for as long
// as he waits for the answer.
func (w *Writers) admit(conn net.Conn, req *http.Request, m *mounts.Mount, l *listener) error {
	if err := denied(w.gate, l); err != nil {
		return err
	}
	if !m.Config().ListenerAuth.AsksListeners() {
		return nil
	}
	present, done := whilePresent(w.following, conn)
	defer done()
	visit, err := w.gate.Listener(present, req, m.Name, l.ID)
	if err != nil {
		return err
	}
	l.visit, l.User = visit, visit.User
	if visit.Member != nil {
		l.StillAllowed = func() bool { return w.gate.StillMember(visit.Member) }
	}
	l.limit(visit.TimeLimit)
	return nil
}

// find joins the audience of m or, if that is full, of the mount that is to
// take its overflow, if that lets him in too. For HEAD nobody joins.
func (w *Writers) find(conn net.Conn, req *http.Request, m *mounts.Mount, l *listener) (*mounts.Mount, error) {
	if req.Method == http.MethodHead {
		return m, nil
	}
	admitted := m.Config().ListenerAuth
	for range mostFull {
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
				return m, err // a login that this mount does not ask for would not help him here
			}
			admitted = asks
		}
		m = next
	}
	return m, mounts.ErrMountFull
}

// readmit is admit for another mount than the one that let him in, and told of
// him then.
func (w *Writers) readmit(conn net.Conn, req *http.Request, m *mounts.Mount, l *listener) error {
	arrived, err := m.Audience.Expect(l.Addr)
	if err != nil {
		return err
	}
	defer arrived()
	before := l.visit
	if err := w.admit(conn, req, m, l); err != nil {
		return err
	}
	if before != nil {
		before.Left(time.Since(l.Since))
	}
	return nil
}

// limit ends the listener's stay after so long, if that is not 0 and he has no
// shorter limit yet.
func (l *listener) limit(stay time.Duration) {
	until := l.Since.Add(stay)
	if stay > 0 && (l.until.IsZero() || until.Before(l.until)) {
		l.until = until
	}
}

// redirect sends a listener on who finds no place at the mount it asked for, if there is
// an address to send it to.
func (w *Writers) redirect(conn net.Conn, m *mounts.Mount, l *listener, reason error) bool {
	to := m.Config().RedirectFull
	isFull := errors.Is(reason, mounts.ErrMountFull) || errors.Is(reason, mounts.ErrServerFull) || errors.Is(reason, mounts.ErrMemoryShort)
	if to == "" || !isFull {
		return false
	}
	w.log.Debug("listener sent on", zap.String("mount", m.Name), zap.String("ip", l.Addr), zap.String("agent", l.Agent), zap.Error(reason))
	n, _ := conn.Write(icy.AppendRefusal(nil, http.StatusFound, "This stream is full here, and is at "+to+"\r\n", time.Now(), http.Header{"Location": {to}}))
	w.end(conn, l, http.StatusFound, n)
	return true
}

func (w *Writers) refuse(conn net.Conn, m *mounts.Mount, l *listener, reason error) {
	status, sentence := http.StatusForbidden, "max listeners reached" // recorded: wire/listener-full.txt
	level, login := w.log.Warn, &auth.Refusal{}
	switch {
	case errors.As(reason, &login):
		status, sentence = login.Status(), cmp.Or(login.Message, login.Sentence())+"\r\n"
		if login.Quiet() && !login.Missing {
			level = w.log.Debug
		}
	case errors.Is(reason, auth.ErrAddressDenied):
		sentence, level = auth.AddressDenied, w.log.Debug
	case errors.Is(reason, auth.ErrAgentDenied):
		sentence, level = "This program may not listen here", w.log.Debug
	case errors.Is(reason, mounts.ErrServerFull):
		sentence = "the server has reached its limit of listeners"
	case errors.Is(reason, mounts.ErrMemoryShort), errors.Is(reason, mounts.ErrTooManyExpected):
		status, sentence = http.StatusServiceUnavailable, reason.Error()+", try again in a minute"
	case errors.Is(reason, mounts.ErrTooManyOfOne):
		sentence = "Too many connections from your address"
	case errors.Is(reason, errNotPlaying):
		status, sentence = http.StatusNotFound, reason.Error()
	}
	level("listener refused", zap.String("mount", m.Name), zap.String("ip", l.Addr),
		zap.String("agent", l.Agent), zap.Error(reason), logging.LimitPerClient(l.Addr))
	n, _ := conn.Write(icy.AppendRefusal(nil, status, sentence, time.Now(), login.Header()))
	w.end(conn, l, status, n)
}

// end closes the connection of one who has not become a listener.
func (w *Writers) end(conn net.Conn, l *listener, status, sent int) {
	conn.Close()
	w.gone(l, status, int64(sent))
}

// gone tells those who keep account that a listener is no more.
func (w *Writers) gone(l *listener, status int, sent int64) {
	if l.visit != nil {
		l.visit.Left(time.Since(l.Since))
	}
	w.journal.End(l.entry, status, sent)
}
