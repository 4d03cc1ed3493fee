package hls

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"go.uber.org/zap"

	"relay/icy"
)

const (
	// maxAddress bounds an address in a playlist, in bytes.
	maxAddress = 4 << 10

	// maxQuote bounds how much of a playlist is quoted, in bytes.
	maxQuote = 200

	// playlistWithin is the time limit for a whole playlist.
	playlistWithin = 10 * time.Second
)

// A Request asks for a playlist or a segment.
type Request struct {
	URL *url.URL
	// From is the server that named the address; zero: the operator did.
	From netip.Addr
	// Offset and Length are the bytes that are wanted; all if Length is 0.
	Offset, Length int64
}

// An Answer is what a server sent. The receiver closes its body.
type Answer struct {
	URL    *url.URL   // where it was found, after redirects
	Server netip.Addr // who sent it
	Header http.Header
	Body   io.ReadCloser
}

// A RefusedError means that a stream cannot be played, and that it would not help to ask
// again soon.
type RefusedError struct{ reason error }

func (e *RefusedError) Error() string { return e.reason.Error() }
func (e *RefusedError) Unwrap() error { return e.reason }

func refused(err error) error { return &RefusedError{err} }

func isRefused(err error) bool {
	var no *RefusedError
	return errors.As(err, &no)
}

// ErrEnded is the error of Client.Open for a programme that is over.
var ErrEnded = errors.New("its playlist says that the programme has ended (EXT-X-ENDLIST)")

// Client opens the streams of one relay, one after the other. It remembers the segment
// that was played last: a stream that breaks goes on behind it, as long as the playlist
// has the next one. Its methods are for one goroutine.
type Client struct {
	// Get asks a server. It returns an answer with status 200 or, if a part of the bytes was
	// asked for, 206; every other is an error.
	Get func(context.Context, Request) (*Answer, error)
	// Text decodes a text without a charset, and makes it one line.
	Text func(string) string
	// Codec is the configuration key of the codec that is wanted; empty: any.
	Codec string
	// Patience is how long a stream may bring nothing new.
	Patience time.Duration
	Log      *zap.Logger

	last *identity // the segment that was played last; nil: none
}

// source is where a playlist was found.
type source struct {
	url    *url.URL
	server netip.Addr
}

// Open finds the audio that the address of a playlist leads to, and returns its stream once the first of
// it is there. The stream ends when ctx is done or the caller closes it.
func (c *Client) Open(ctx context.Context, request Request) (*Stream, error) {
	list, from, err := c.load(ctx, request)
	if err != nil {
		return nil, err
	}
	if len(list.variants) == 0 {
		return c.start(ctx, list, from, request)
	}
	candidates, err := list.candidates(c.Codec)
	if err != nil {
		return nil, refused(err)
	}
	var first error
	for _, candidate := range candidates {
		s, err := c.try(ctx, from, candidate.uri)
		if err == nil || ctx.Err() != nil {
			return s, err
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// try opens a variant that a multivariant playlist names.
func (c *Client) try(ctx context.Context, from source, uri string) (*Stream, error) {
	to, err := from.resolve(uri)
	if err != nil {
		return nil, err
	}
	request := Request{URL: to, From: from.server}
	list, at, err := c.load(ctx, request)
	if err != nil {
		return nil, err
	}
	if len(list.variants) > 0 {
		return nil, refused(errNested)
	}
	return c.start(ctx, list, at, request)
}

// load fetches a playlist.
func (c *Client) load(ctx context.Context, request Request) (*playlist, source, error) {
	ctx, cancel := context.WithTimeout(ctx, playlistWithin)
	defer cancel()
	body, from, err := c.fetch(ctx, request, maxPlaylist)
	if errors.Is(err, errTooLong) {
		err = errPlaylistTooLong
	}
	if err != nil {
		return nil, source{}, err
	}
	list, err := parse(string(body))
	if err != nil {
		return nil, source{}, refused(err)
	}
	return list, from, nil
}

var (
	errTooLong = errors.New("the answer is too long")
	errShort   = errors.New("the answer is shorter than it says")
)

// fetch returns a body of at most so many bytes.
func (c *Client) fetch(ctx context.Context, request Request, most int64) ([]byte, source, error) {
	a, err := c.Get(ctx, request)
	if err != nil {
		return nil, source{}, err
	}
	defer a.Body.Close()
	if length, err := strconv.ParseInt(a.Header.Get("Content-Length"), 10, 64); err == nil && length > most {
		return nil, source{}, errTooLong
	}
	body, err := io.ReadAll(io.LimitReader(a.Body, most+1))
	switch {
	case err != nil:
		return nil, source{}, err
	case int64(len(body)) > most:
		return nil, source{}, errTooLong
	case request.Length > 0 && int64(len(body)) != request.Length:
		return nil, source{}, errShort
	}
	return body, source{a.URL, a.Server}, nil
}

// resolve returns the address that a playlist names.
func (s source) resolve(uri string) (*url.URL, error) {
	if len(uri) > maxAddress {
		return nil, fmt.Errorf("its playlist has an address of %d bytes", len(uri))
	}
	u, err := s.url.Parse(uri)
	if uri == "" || err != nil || u.Scheme != "http" && u.Scheme != "https" || !icy.PlausibleHost(u.Host) {
		return nil, fmt.Errorf("its playlist has %s, which is not an address of HTTP", quote(uri))
	}
	u.User, u.Fragment = nil, ""
	return u, nil
}

// quote quotes a text of another server's.
func quote(text string) string { return strconv.Quote(icy.CutText(text, maxQuote)) }
