package ingest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/icy"
	"relay/ingest/feed"
	"relay/internal/logging"
	"relay/internal/netconn"
)

// maxSourceHead bounds the head of a SHOUTcast source in bytes.
const maxSourceHead = 16 << 10

// shoutcastAgent stands for the program name, which a SHOUTcast source does not send.
const shoutcastAgent = "SHOUTcast source"

// ServeShoutcast answers a SHOUTcast source whose password line has been read, and
// feeds the mount that the line names, or else standard, until the source leaves.
// body begins with the bytes that followed the line; the rest of the head must arrive
// by the deadline. ctx is that of the login. ServeShoutcast owns conn and closes it.
//
// As recorded (e2e/recorded/source-shoutcast-v1-mount-in-use.txt), the password is
// answered at once, and everything else when the head is complete.
func (s *Sources) ServeShoutcast(ctx context.Context, conn net.Conn, body io.Reader, line, standard string, deadline time.Time) {
	defer conn.Close()
	ip := netconn.Peer(conn)
	log := s.Log.With(zap.Stringer("ip", ip), logging.LimitPerClient(ip))
	mount, user, err := s.Gate.PasswordLine(ctx, ip, line, standard)
	wants := attempt{cmp.Or(mount, standard), ip, shoutcastAgent}
	entry := s.AccessLog.BeginSource(ip, wants.mount)
	var refused *auth.Refusal
	if errors.As(err, &refused) {
		wants.mount = cmp.Or(refused.Mount, standard)
	}
	if err != nil {
		s.turnAway(conn, log, wants, &refusal{sentence: icy.ShoutcastRefused, reason: err}, entry)
		return
	}
	log = log.With(zap.String("mount", mount), zap.String("agent", shoutcastAgent))
	if err := s.answer(conn, icy.ShoutcastAccepted); err != nil {
		log.Info("source left before it was answered", zap.Error(err))
		return
	}
	conn.SetReadDeadline(deadline)
	header, body, err := readSourceHead(body)
	if err != nil {
		var refused *refusal
		if errors.As(err, &refused) {
			s.turnAway(conn, log, wants, err, entry)
		} else {
			log.Info("source left before its stream began", zap.String("reason", feed.DisconnectReason(err)))
		}
		return
	}
	in, err := s.attach(mount, header, ip, user)
	if err != nil {
		s.turnAway(conn, log, wants, err, entry)
		return
	}
	defer in.Detach()
	defer s.AccessLog.End(entry, http.StatusOK, int64(len(icy.ShoutcastAccepted)))
	s.play(conn, body, header, in, log)
}

// readSourceHead reads the icy- lines of a SHOUTcast source and returns them with a
// reader for the bytes that follow. The error is a *refusal for an invalid head, or
// the error of reading.
func readSourceHead(r io.Reader) (http.Header, io.Reader, error) {
	buf := make([]byte, 0, maxSourceHead)
	for scan := icy.SourceHeadScan(); ; {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if end := scan.Look(buf); end > 0 {
			header, err := icy.ParseSourceHead(buf[:end])
			if err != nil {
				return nil, nil, &refusal{status: http.StatusBadRequest, sentence: err.Error(), reason: err}
			}
			return header, io.MultiReader(bytes.NewReader(buf[end:]), r), nil
		}
		if len(buf) == cap(buf) {
			err := errors.New("the source's head is larger than 16 KiB")
			return nil, nil, &refusal{status: http.StatusRequestHeaderFieldsTooLarge, sentence: err.Error(), reason: err}
		}
		if err != nil {
			return nil, nil, err
		}
	}
}
