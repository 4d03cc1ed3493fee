package ingest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/icy"
)

// refusal is an answer that turns a source away.
type refusal struct {
	status   int
	sentence string // to the client, as recorded where there is a recording
	reason   error  // to the operator
}

func (r *refusal) Error() string { return r.reason.Error() }
func (r *refusal) Unwrap() error { return r.reason }

func logRefusal(log *zap.Logger, err error) {
	var login *auth.Refusal
	if errors.As(err, &login) && login.Missing {
		// libshout asks without a login first, to learn what the server can.
		log.Debug("source refused", zap.Error(err))
		return
	}
	log.Warn("source refused", zap.Error(err))
}

// refuse answers and closes in an order that lets the answer arrive: a close
// with audio still unread would reset the connection and take it back.
func refuse(conn net.Conn, err error) {
	r := &refusal{status: http.StatusInternalServerError, sentence: "the server could not take the stream"}
	errors.As(err, &r)
	deadline := time.Now().Add(2 * time.Second)
	conn.SetDeadline(deadline)
	if _, err := conn.Write(icy.AppendRefusal(nil, r.status, r.sentence, time.Now())); err != nil {
		return
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
		io.CopyN(io.Discard, conn, 1<<20)
	}
}
