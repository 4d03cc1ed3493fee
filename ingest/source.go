package ingest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/codec/known"
	"relay/conf"
	"relay/icy"
	"relay/ingest/feed"
	"relay/internal/accesslog"
	"relay/internal/logging"
	"relay/internal/netconn"
	"relay/mounts"
)

// Sources serves source clients.
type Sources struct {
	Registry  *mounts.Registry
	Gate      *auth.Gate
	Log       *zap.Logger
	AccessLog *accesslog.Logs
	Refusals  *Refusals
	Conf      *conf.Live
}

// timeout is how long a source may send nothing before it is dropped; 0: for ever.
func (s *Sources) timeout() time.Duration { return time.Duration(s.Conf.Config().Limits.SourceTimeout) }

// patience is how long a source may send nothing before others play.
func (s *Sources) patience() time.Duration { return s.Conf.Config().Limits.StreamTimeout() }

// Serve answers PUT or SOURCE on a connection whose request head has been read, and
// feeds the mount until the source leaves. body begins with the bytes that followed
// the head. Serve owns conn and closes it.
func (s *Sources) Serve(conn net.Conn, body io.Reader, req *http.Request) {
	defer conn.Close()
	req.URL.Path = s.Conf.Config().SourceMount(req.URL.Path)
	ip := netconn.Client(req)
	log := s.Log.With(zap.Stringer("ip", ip), zap.String("mount", req.URL.Path), zap.String("agent", req.UserAgent()), logging.LimitPerClient(ip))
	entry := s.AccessLog.Begin(req)
	in, err := s.admit(req, ip)
	if err != nil {
		s.turnAway(conn, log, attempt{req.URL.Path, ip, req.UserAgent()}, err, entry)
		return
	}
	defer in.Detach()
	answer := icy.SourceAccepted
	if strings.EqualFold(req.Header.Get("Expect"), "100-continue") {
		answer = icy.SourceContinue + answer
	}
	if err := s.answer(conn, answer); err != nil {
		log.Info("source left before it was answered", zap.Error(err), logging.LimitPer(in.Mount.Name))
		return
	}
	defer s.AccessLog.End(entry, http.StatusOK, int64(len(answer)))
	s.play(conn, body, req.Header, in, log)
}

// admit checks a source request and attaches it to its mount. The error is a
// *refusal.
func (s *Sources) admit(req *http.Request, ip netip.Addr) (*mounts.Input, error) {
	if err := s.Gate.Source(req, req.URL.Path); err != nil {
		return nil, loginRefused(err)
	}
	if req.Header.Get("Content-Type") == "" && req.Method == http.MethodPut {
		return nil, &refusal{status: http.StatusForbidden, sentence: "No Content-type given", reason: errors.New("PUT without a Content-Type")}
	}
	user, _, _ := req.BasicAuth()                                      // decoded, see Gate.Source
	return s.attach(req.URL.Path, req.Header, ip, strings.Clone(user)) // cloned, so that the password is not kept with it
}

// attach gives the named mount a live source with the given header lines, which need
// not have a Content-Type. The error is a *refusal.
func (s *Sources) attach(mount string, header http.Header, ip netip.Addr, user string) (*mounts.Input, error) {
	if _, ok := known.ByMediaType(header.Get("Content-Type")); !ok {
		sentence := known.Unplayable(header.Get("Content-Type"))
		return nil, &refusal{status: http.StatusUnsupportedMediaType, sentence: sentence, reason: errors.New(sentence)}
	}
	if err := feed.CheckCodings(header); err != nil {
		return nil, &refusal{status: http.StatusNotImplemented, sentence: err.Error(), reason: err}
	}
	in, err := s.Registry.Attach(mount, mounts.Feed{
		Kind: mounts.LiveSource, Station: icy.StationFromHeader(header, s.Registry.Charset(mount)), Addr: ip, User: user,
	})
	if err == nil {
		return s.unlessDenied(in)
	}
	var name *mounts.NameError
	var inUse *mounts.InUseError
	var rendition *mounts.RenditionError
	var clash *mounts.CodecError
	switch {
	case errors.As(err, &clash):
		return nil, &refusal{status: http.StatusUnsupportedMediaType, sentence: err.Error(), reason: err}
	case errors.As(err, &rendition):
		return nil, &refusal{status: http.StatusForbidden, sentence: err.Error(), reason: err}
	case errors.As(err, &name):
		return nil, &refusal{status: http.StatusBadRequest, sentence: name.Error(), reason: err}
	case errors.As(err, &inUse):
		return nil, &refusal{status: http.StatusForbidden, sentence: "Mountpoint in use: " + err.Error(), reason: err}
	case errors.Is(err, mounts.ErrTooManySources):
		return nil, &refusal{status: http.StatusForbidden, sentence: "too many sources connected", reason: err}
	default:
		return nil, &refusal{status: http.StatusServiceUnavailable, sentence: err.Error(), reason: err}
	}
}

// unlessDenied returns the attached source, or refuses it if its address has been
// banned or its login removed meanwhile: a ban or reload disconnects the sources that
// it finds, and may have looked before this one was attached. The error is a
// *refusal.
func (s *Sources) unlessDenied(in *mounts.Input) (*mounts.Input, error) {
	if s.Gate.DeniesAddress(in.Addr) {
		in.Kick()
		return nil, &refusal{status: http.StatusForbidden, sentence: auth.AddressDenied, reason: auth.ErrAddressDenied}
	}
	if !s.Gate.MaySend(in.Mount.Name, in.User) {
		in.Revoke()
		return nil, loginRefused(&auth.Refusal{Reason: mounts.ErrNoLogin.Error()})
	}
	return in, nil
}

func (s *Sources) answer(conn net.Conn, text string) error {
	conn.SetWriteDeadline(time.Now().Add(s.patience()))
	_, err := io.WriteString(conn, text)
	return err
}

// play feeds an admitted source's stream to its input until either ends, and logs
// both events. header is what the source sent about the stream.
func (s *Sources) play(conn net.Conn, body io.Reader, header http.Header, in *mounts.Input, log *zap.Logger) {
	log = log.With(logging.LimitPer(in.Mount.Name)) // many mounts may have sources at one address
	log.Info("source connected", zap.String("name", in.Station.Name))
	s.Gate.SourceCame(in.Mount.Name)
	defer s.Gate.SourceLeft(in.Mount.Name)
	served := make(chan struct{})
	defer close(served)
	go func() {
		select {
		case <-in.Ended(): // kicked: wake the read
			conn.SetReadDeadline(time.Unix(0, 0))
		case <-served:
		}
	}()

	paced := feed.NewPacedReader(conn, body, s.patience(), in.Mount.ReadPace, in.Ended())
	if s.timeout() == 0 {
		paced.Quiet = in.Pause
	}
	label, _ := known.ByMediaType(in.Station.Type)
	stats, err := feed.Pump(log, feed.AudioOf(paced, header, in), label, in, s.patience())
	if cause := in.Cause(); cause != nil {
		err = cause
	}
	if errors.Is(err, feed.ErrNoAudio) || errors.Is(err, feed.ErrNoAudioAgain) {
		s.Refusals.note(attempt{in.Mount.Name, in.Addr, in.Station.Agent}, err)
	}
	in.SetDisconnectReason(feed.DisconnectReason(err))
	in.Detach() // before the log says that the source left, so that readers find the mount free
	log.Info("source left", zap.String("reason", feed.DisconnectReason(err)),
		zap.Duration("stayed", time.Since(in.Since).Round(time.Second)),
		zap.Int64("units", stats.Units), zap.Int64("garbage", stats.Garbage), zap.Int64("resyncs", stats.Resyncs))
}
