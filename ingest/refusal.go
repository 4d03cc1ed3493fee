package ingest

import (
	"cmp"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/icy"
	"relay/journal"
)

// refusal is an answer that turns a source away.
type refusal struct {
	status   int    // 0: there is only the sentence, as SHOUTcast's dialect has it
	sentence string // to the client, as recorded where there is a recording
	reason   error  // to the operator
	header   http.Header
}

// loginRefused is for a source whose login is not good enough.
func loginRefused(err error) *refusal {
	login := &auth.Refusal{}
	errors.As(err, &login)
	return &refusal{status: login.Status(), sentence: login.Sentence() + "\r\n", header: login.Header(), reason: err}
}

func (r *refusal) Error() string { return r.reason.Error() }
func (r *refusal) Unwrap() error { return r.reason }

// answer is what the client is told.
func (r *refusal) answer(now time.Time) []byte {
	if r.status == 0 {
		return []byte(r.sentence)
	}
	return icy.AppendRefusal(nil, r.status, r.sentence, now, r.header)
}

// turnAway logs and notes a refusal, answers, and closes so that the answer
// arrives.
func (s *Sources) turnAway(conn net.Conn, log *zap.Logger, a attempt, err error, visit *journal.Access) {
	logRefusal(log, err)
	s.Refusals.note(a, err)
	r := &refusal{status: http.StatusInternalServerError, sentence: "the server could not take the stream"}
	errors.As(err, &r)
	conn.SetDeadline(time.Now().Add(2 * time.Second))
	n, err := conn.Write(r.answer(time.Now()))
	s.Journal.End(visit, cmp.Or(r.status, http.StatusUnauthorized), int64(n))
	if err != nil {
		return
	}
	CloseGently(conn, 1<<20)
}

// CloseGently says over conn that nothing more comes and reads on, so many bytes
// at most and not beyond its deadline: closing it with bytes unread would reset it
// and take back what was said last. The caller closes it.
func CloseGently(conn net.Conn, most int64) {
	half, ok := conn.(interface{ CloseWrite() error })
	if proxied, is := conn.(interface{ Raw() net.Conn }); !ok && is { // by the PROXY protocol
		half, ok = proxied.Raw().(interface{ CloseWrite() error })
	}
	if ok {
		half.CloseWrite()
		io.CopyN(io.Discard, conn, most)
	}
}

func logRefusal(log *zap.Logger, err error) {
	var login *auth.Refusal
	if errors.As(err, &login) && login.Quiet() {
		log.Debug("source refused", zap.Error(err))
		return
	}
	log.Warn("source refused", zap.Error(err))
}
