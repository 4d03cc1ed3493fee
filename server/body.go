package server

import (
	"io"
	"net/http"
	"time"
)

const (
	// lateBody is how long the server reads the rest of a body after the answer. If it
	// closed the connection earlier, the reset would destroy the answer on its way.
	lateBody = time.Second
	// maxLateBody is how much of that rest the server reads, in bytes.
	maxLateBody = 4 << 20
)

// boundBody limits the time for the body of a request to limits.header_timeout, as for
// its head. On its own, net/http would wait for the body after the answer too, as long
// as a request may last at all.
//
// A client whose large body is refused reads the answer only after it has sent the
// whole body. So boundBody reads the rest of the body and discards it.
func (s *Server) boundBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		connection := http.NewResponseController(w)
		connection.SetReadDeadline(time.Now().Add(time.Duration(s.Conf.Config().Limits.HeaderTimeout)))
		body := &watchedBody{ReadCloser: r.Body}
		r.Body = body
		next.ServeHTTP(w, r)
		if body.ended {
			return // without a flush, net/http sends the length of the answer
		}
		connection.SetReadDeadline(time.Now().Add(lateBody))
		connection.Flush()
		io.CopyN(io.Discard, r.Body, maxLateBody)
	})
}

// watchedBody notes whether the body was read to its end.
type watchedBody struct {
	io.ReadCloser
	ended bool
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err != nil
	return n, err
}
