package server

import (
	"io"
	"net/http"
	"time"
)

const (
	// lateBody is how long the rest of a body that nobody reads any more is waited
	// for: a connection that is closed before would take the answer back.
	lateBody = time.Second
	// mostLateBody is how much of it is read, in bytes.
	mostLateBody = 4 << 20
)

// boundBody bounds how long the body of a request may take, as its head is
// bounded at the door. net/http would wait for it after the answer too, as long as
// a request may take at all.
//
// A client that is refused while it sends a large body reads the answer only when it
// has sent all of it, so the rest is taken from it, and thrown away.
func (s *Server) boundBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		connection := http.NewResponseController(w)
		connection.SetReadDeadline(time.Now().Add(time.Duration(s.conf.Config().Limits.HeaderTimeout)))
		body := &watchedBody{ReadCloser: r.Body}
		r.Body = body
		next.ServeHTTP(w, r)
		if body.ended {
			return // net/http knows the length of the answer, which it does not once it is flushed
		}
		connection.SetReadDeadline(time.Now().Add(lateBody))
		connection.Flush()
		io.CopyN(io.Discard, r.Body, mostLateBody)
	})
}

// watchedBody notes that a body was read to its end.
type watchedBody struct {
	io.ReadCloser
	ended bool
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err != nil
	return n, err
}
