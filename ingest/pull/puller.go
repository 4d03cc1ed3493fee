package pull

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"relay/icy"
	"relay/ingest/feed"
	"relay/internal/dial"
	"relay/internal/version"
)

const (
	// answerWithin is the time limit for connecting to another server and for its
	// answer.
	answerWithin = 10 * time.Second

	// maxReplyHead bounds the head of an answer in bytes.
	maxReplyHead = 16 << 10
)

var (
	errReplyTooLarge = fmt.Errorf("the head of the answer is larger than %d KiB", maxReplyHead>>10)
	errLoop          = errors.New("the address leads back to this server, which cannot pull from itself")
)

// Puller asks other servers, over HTTP and HTTPS. net/http cannot read the answer of
// a SHOUTcast server, which begins with "ICY 200 OK".
type Puller struct {
	own  []net.Addr // the addresses on which this server listens
	dial func(ctx context.Context, network, address string) (net.Conn, error)
	tls  *tls.Config // nil: the system's certificates

	hosts dial.Dialer // remembers which addresses of a host answer
	dials dials
}

// NewPuller returns a puller for a server that listens on own; it refuses to pull
// from that server.
func NewPuller(own []net.Addr) *Puller {
	p := &Puller{own: own}
	p.hosts.Connect = (&net.Dialer{ControlContext: keepOutside}).DialContext
	p.dial = p.hosts.DialContext
	return p
}

// login is a user name and password for another server; the zero value is none.
type login struct{ user, password string }

// reply is another server's answer; the body is still to be read.
type reply struct {
	icy.Reply
	url  *url.URL
	conn net.Conn
	body io.Reader // begins with the bytes after the head; chunked coding is not removed
	// entry is the address in a playlist that led to the stream; empty if there was
	// none.
	entry string
	// sender is the server that named the address; zero: the operator did.
	sender netip.Addr
	// inSegments means that the body is a playlist of HLS.
	inSegments bool
	stop       func() bool
}

// Close ends the connection.
func (r *reply) Close() {
	r.stop()
	r.conn.Close()
}

// text returns a reader of a short body; it must arrive in the time that is left for
// the answer.
func (r *reply) text() io.Reader {
	if feed.Chunked(r.Header) {
		return httputil.NewChunkedReader(r.body)
	}
	return r.body
}

// get asks for one address and reads the head of the answer, whatever its status. The
// connection closes when ctx is done; ctx may also say which server redirected to the
// address, see keepOutside. avoid is a path that must not be asked for if the address
// is this very server, because the answer would wait for itself.
func (p *Puller) get(ctx context.Context, u *url.URL, l login, header, avoid string) (*reply, error) {
	conn, err := p.connect(ctx, u)
	if err != nil {
		return nil, err
	}
	noted := p.hosts.Failed
	defer func() { noted(hostPort(u), conn.RemoteAddr()) }()
	if u.Path == avoid && p.isSelf(conn) {
		conn.Close()
		return nil, errLoop
	}
	sender, _ := ctx.Value(sentBy{}).(netip.Addr)
	r := &reply{url: u, sender: sender, conn: conn, stop: context.AfterFunc(ctx, func() { conn.Close() })}
	if _, err := io.WriteString(conn, requestHead(u, l, header)); err != nil {
		r.Close()
		return nil, inWords(err)
	}
	if r.Reply, r.body, err = readReply(conn); err != nil {
		r.Close()
		return nil, inWords(err)
	}
	noted = p.hosts.Worked
	return r, nil
}

// hostPort returns the host and port to dial for an address.
func hostPort(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// connect returns a connection with a deadline for the whole answer.
func (p *Puller) connect(ctx context.Context, u *url.URL) (net.Conn, error) {
	dialled, err := p.dials.begin(ctx, u.Host)
	if err != nil {
		return nil, err
	}
	defer dialled()
	deadline := time.Now().Add(answerWithin)
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	conn, err := p.dial(ctx, "tcp", hostPort(u))
	if err != nil {
		return nil, inWords(err)
	}
	conn.SetDeadline(deadline)
	if u.Scheme != "https" {
		return conn, nil
	}
	config := &tls.Config{}
	if p.tls != nil {
		config = p.tls.Clone()
	}
	config.ServerName = u.Hostname()
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		p.hosts.Failed(hostPort(u), conn.RemoteAddr())
		conn.Close()
		return nil, fmt.Errorf("TLS: %w", inWords(err))
	}
	return secure, nil
}

// requestHead returns the same lines as Icecast's own relays send
// (e2e/recorded/relay-single.txt), except for the program name, and for the port in
// Host, by which proxies tell sites apart. Playlists of HLS come from servers that may refuse
// HTTP/1.0.
func requestHead(u *url.URL, l login, header string) string {
	target := u.EscapedPath()
	if target == "" {
		target = "/"
	}
	if u.RawQuery != "" {
		target += "?" + u.RawQuery
	}
	req := http.Request{Header: http.Header{}}
	if l != (login{}) {
		req.SetBasicAuth(l.user, l.password)
		header += "Authorization: " + req.Header.Get("Authorization") + "\r\n"
	}
	target = string(icy.AppendTarget(nil, target))
	proto := "HTTP/1.0"
	if strings.HasSuffix(strings.ToLower(u.Path), segmentedExt) {
		proto, header = "HTTP/1.1", header+"Connection: close\r\n"
	}
	return fmt.Sprintf("GET %s "+proto+"\r\nUser-Agent: %s\r\nHost: %s\r\n%s\r\n", target, version.Server(), u.Host, header)
}

// readReply reads the head of an answer and returns it with a reader for the bytes
// that follow. It gives up at the first line if that is not one of an answer.
func readReply(conn io.Reader) (icy.Reply, io.Reader, error) {
	buf := make([]byte, 0, maxReplyHead)
	var scan icy.HeadScan
	for firstLineSeen := false; ; {
		n, err := conn.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		end := scan.Look(buf)
		if line, _, ok := scan.FirstLine(buf); ok && !firstLineSeen {
			firstLineSeen = true
			if _, err := icy.ParseStatusLine(line); err != nil {
				return icy.Reply{}, nil, err
			}
		}
		if end > 0 {
			r, err := icy.ParseReply(buf[:end])
			return r, io.MultiReader(bytes.NewReader(buf[end:]), conn), err
		}
		switch {
		case len(buf) == cap(buf):
			return icy.Reply{}, nil, errReplyTooLarge
		case errors.Is(err, io.EOF):
			return icy.Reply{}, nil, errors.New("closed the connection without an answer")
		case err != nil:
			return icy.Reply{}, nil, err
		}
	}
}

// isSelf reports whether conn leads to this very server: to one of its ports, at an
// address of this machine.
func (p *Puller) isSelf(conn net.Conn) bool {
	to, ok := conn.RemoteAddr().(*net.TCPAddr)
	from, ok2 := conn.LocalAddr().(*net.TCPAddr)
	if !ok || !ok2 || !to.IP.IsLoopback() && !to.IP.Equal(from.IP) {
		return false
	}
	for _, addr := range p.own {
		own, ok := addr.(*net.TCPAddr)
		if ok && own.Port == to.Port && (own.IP.IsUnspecified() || own.IP.Equal(to.IP)) {
			return true
		}
	}
	return false
}

// inWords shortens a network error to what an operator can act on.
func inWords(err error) error {
	var dns *net.DNSError
	var netErr net.Error
	switch {
	case errors.Is(err, errInward):
		return errInward
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Errorf("no host is named %s", dns.Name)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return fmt.Errorf("no answer within %v", answerWithin)
	}
	return err
}

// statusError is an answer other than the one that was asked for.
type statusError icy.Reply

func (e statusError) Error() string {
	what := strings.TrimSpace(fmt.Sprintf("it answers %d %s", e.Status, e.Reason))
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return what + ": it wants a login, or does not take the one that is set"
	case http.StatusNotFound:
		return what + ": it has no such stream now"
	}
	return what
}
