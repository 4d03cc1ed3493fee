package pull

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"relay/icy"
	"relay/ingest/pull/hls"
	"relay/internal/netconn"
	"relay/internal/version"
)

const (
	// maxIdle is how many connections to a server are kept for the next segment.
	maxIdle = 2

	// idleAfter is for how long.
	idleAfter = 90 * time.Second
)

var errNoRange = errors.New("it sends the whole resource when asked for a range of bytes")

// fetcher asks servers for playlists and segments of HLS, over connections that it keeps
// (HTTP/1.1). The redirects of a server and the addresses in its playlists may lead no
// nearer to this server than it is itself, see keepOutside. A connection that was made for
// an address of a near server is never used for one that a more distant server named.
type fetcher struct {
	puller *Puller
	first  *url.URL // the only server that gets the login
	login  login

	mu   sync.Mutex
	from map[reach]*http.Transport // by the reach of whoever named an address
}

// operator is the reach of the operator, whose addresses may lead anywhere.
const operator = reach(-1)

func newFetcher(p *Puller, first *url.URL, l login) *fetcher {
	return &fetcher{puller: p, first: first, login: l, from: map[reach]*http.Transport{}}
}

// Close closes the connections that are not in use.
func (f *fetcher) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.from {
		t.CloseIdleConnections()
	}
}

// transport returns the one for addresses that a server named; the zero address means the
// operator.
func (f *fetcher) transport(from netip.Addr) *http.Transport {
	r := operator
	if from.IsValid() {
		r = reachOf(from)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.from[r]
	if t == nil {
		t = &http.Transport{
			DialContext:            func(ctx context.Context, _, address string) (net.Conn, error) { return f.dial(ctx, from, address) },
			TLSClientConfig:        f.config(),
			TLSHandshakeTimeout:    answerWithin,
			ResponseHeaderTimeout:  answerWithin,
			MaxResponseHeaderBytes: maxReplyHead,
			MaxIdleConnsPerHost:    maxIdle,
			MaxIdleConns:           2 * maxIdle,
			IdleConnTimeout:        idleAfter,
			Protocols:              new(http.Protocols),
		}
		t.Protocols.SetHTTP1(true)
		f.from[r] = t
	}
	return t
}

func (f *fetcher) config() *tls.Config {
	if f.puller.tls == nil {
		return nil
	}
	return f.puller.tls.Clone()
}

// dial connects to an address that from named. It refuses this very server: no address of a
// playlist or segment tells which mount it leads back to.
func (f *fetcher) dial(ctx context.Context, from netip.Addr, address string) (net.Conn, error) {
	dialled, err := f.puller.dials.begin(ctx, address)
	if err != nil {
		return nil, err
	}
	defer dialled()
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if from.IsValid() {
		ctx = context.WithValue(ctx, sentBy{}, from)
	}
	conn, err := f.puller.dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if f.puller.isSelf(conn) {
		conn.Close()
		return nil, errLoop
	}
	return conn, nil
}

// get asks for a playlist or segment, and follows redirects. It is hls.Client.Get.
func (f *fetcher) get(ctx context.Context, r hls.Request) (*hls.Answer, error) {
	u, from := r.URL, r.From
	for range maxHops + 1 {
		response, server, err := f.ask(ctx, u, from, r)
		if err != nil {
			return nil, inWords(err)
		}
		switch response.StatusCode {
		case http.StatusOK, http.StatusPartialContent:
			if r.Length > 0 && response.StatusCode == http.StatusOK {
				response.Body.Close()
				return nil, errNoRange
			}
			f.puller.hosts.Worked(hostPort(u), response.remote)
			return &hls.Answer{URL: u, Server: server, Header: response.Header, Body: response.Body}, nil
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
			http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
			response.leave()
			if u, err = elsewhere(u, response.Header.Get("Location")); err != nil {
				return nil, err
			}
			from = server
		default:
			response.leave()
			f.puller.hosts.Failed(hostPort(u), response.remote)
			return nil, statusError(icy.Reply{Status: response.StatusCode, Reason: http.StatusText(response.StatusCode)})
		}
	}
	return nil, errTooManyHops
}

// response is an answer and the address of the server that sent it.
type response struct {
	*http.Response
	remote net.Addr
}

// leave closes a body that nobody wants. A short one is read, so that the connection can be
// used again: some servers redirect every segment.
func (r response) leave() {
	io.CopyN(io.Discard, r.Body, maxLeft)
	r.Body.Close()
}

// maxLeft is how much of such a body is read, in bytes.
const maxLeft = 16 << 10

// ask makes one request.
func (f *fetcher) ask(ctx context.Context, u *url.URL, from netip.Addr, r hls.Request) (response, netip.Addr, error) {
	var conn net.Conn
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { conn = info.Conn }})
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return response{}, netip.Addr{}, err
	}
	request.Header.Set("User-Agent", version.Server())
	if r.Length > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", r.Offset, r.Offset+r.Length-1))
	}
	if f.login != (login{}) && u.Scheme == f.first.Scheme && u.Host == f.first.Host {
		request.SetBasicAuth(f.login.user, f.login.password)
	}
	answer, err := f.transport(from).RoundTrip(request)
	if err != nil {
		return response{}, netip.Addr{}, err
	}
	return response{answer, conn.RemoteAddr()}, netconn.Peer(conn), nil
}
