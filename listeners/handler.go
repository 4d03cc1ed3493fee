package listeners

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"relay/icy"
	"relay/mounts"
)

// Serve answers GET or HEAD of a mount on a connection whose request head has
// been read. It owns conn and returns as soon as head and burst are written;
// the listener stays with the writers. Range and query play no part: a live
// stream is always a 200 (wire/listener-range-safari.txt).
func (w *Writers) Serve(conn net.Conn, req *http.Request, m *mounts.Mount) {
	l := &listener{mount: m, lastTaken: time.Now()}
	l.Addr, _, _ = net.SplitHostPort(conn.RemoteAddr().String())
	l.Agent = strings.Clone(req.UserAgent()) // not the whole head
	l.Since = l.lastTaken
	if icy.WantsMetadata(req.Header) {
		l.metaint = m.Config.Metaint
		l.untilBlock = l.metaint
	}
	if req.Method == http.MethodGet && m.Asleep() {
		defer m.Audience.Want()()
		if err := awaitPlaying(conn, m); err != nil {
			w.refuse(conn, m, l, err)
			return
		}
	}
	p := m.Programme()
	l.pending = icy.AppendListenerHead(nil, p.Station, p.BitRate, p.AudioInfo(), l.metaint, l.Since)
	if req.Method == http.MethodHead {
		conn.Write(l.pending)
		conn.Close()
		return
	}
	if err := m.Audience.Join(&l.Listener); err != nil {
		w.refuse(conn, m, l, err)
		return
	}
	l.join(int64(m.Config.Burst))
	w.seat(l, conn)
}

func (w *Writers) refuse(conn net.Conn, m *mounts.Mount, l *listener, reason error) {
	w.log.Warn("listener refused", zap.String("mount", m.Name), zap.String("ip", l.Addr),
		zap.String("agent", l.Agent), zap.Error(reason))
	status, sentence := http.StatusForbidden, "max listeners reached" // recorded: wire/listener-full.txt
	switch {
	case errors.Is(reason, mounts.ErrServerFull):
		sentence = "the server has reached its limit of listeners"
	case errors.Is(reason, errNotPlaying):
		status, sentence = http.StatusNotFound, reason.Error()
	}
	conn.Write(icy.AppendRefusal(nil, status, sentence, time.Now()))
	conn.Close()
}
