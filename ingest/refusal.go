package ingest

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/icy"
	"relay/internal/accesslog"
	"relay/internal/netconn"
)

// refusal is an answer that turns a source away.
type refusal struct {
	status   int    // 0: SHOUTcast's dialect, which has only the sentence
	sentence string // for the client; as recorded, where there is a recording
	reason   error  // for the operator
	header   http.Header
}

// loginRefused returns the refusal of a source whose login is missing or wrong.
func loginRefused(err error) *refusal {
	login := &auth.Refusal{}
	errors.As(err, &login)
	return &refusal{status: login.Status(), sentence: login.Sentence() + "\r\n", header: login.Header(), reason: err}
}

func (r *refusal) Error() string { return r.reason.Error() }
func (r *refusal) Unwrap() error { return r.reason }

// answer returns the bytes that refuse the client.
func (r *refusal) answer(now time.Time) []byte {
	if r.status == 0 {
		return []byte(r.sentence)
	}
	return icy.AppendRefusal(nil, r.status, r.sentence, now, r.header)
}

// turnAway logs and notes a refusal, sends the answer, and closes conn so that the
// answer arrives.
func (s *Sources) turnAway(conn net.Conn, log *zap.Logger, a attempt, err error, entry *accesslog.Access) {
	logRefusal(log, err)
	s.Refusals.note(a, err)
	r := &refusal{status: http.StatusInternalServerError, sentence: "the server could not take the stream"}
	errors.As(err, &r)
	conn.SetDeadline(time.Now().Add(2 * time.Second))
	n, err := conn.Write(r.answer(time.Now()))
	s.AccessLog.End(entry, cmp.Or(r.status, http.StatusUnauthorized), int64(n))
	if err != nil {
		return
	}
	netconn.CloseGently(conn, 1<<20)
}

func logRefusal(log *zap.Logger, err error) {
	var login *auth.Refusal
	if errors.As(err, &login) && login.Quiet() {
		log.Debug("source refused", zap.Error(err))
		return
	}
	log.Warn("source refused", zap.Error(err))
}
