package ingest

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"relay/icy"
)

const (
	// maxHops bounds how often an address may stand for another: redirects and
	// playlists.
	maxHops = 5

	// maxTries bounds how many addresses are asked in search of one stream.
	maxTries = 12

	// maxPlaylist bounds the part of a playlist that is read, in bytes.
	maxPlaylist = 64 << 10

	// longestAddress bounds an address that another server names, in bytes.
	longestAddress = 4 << 10
)

var (
	errTooManyHops      = fmt.Errorf("the address leads elsewhere more than %d times", maxHops)
	errNoAddress        = errors.New("it sends a playlist without an address")
	errTooManyAddresses = fmt.Errorf("none of %d addresses that were asked has a stream", maxTries)
)

// notMP3Error says that an address has something else than an MP3 stream.
type notMP3Error string

func (e notMP3Error) Error() string {
	return fmt.Sprintf("it sends %q, and this server takes MP3 (audio/mpeg)", string(e))
}

// stream asks for an MP3 stream, by way of redirects and playlists, and returns
// the answer that has it. Of the addresses in a playlist the first that has a stream
// counts: stations name several servers, of which any may be down. The login is sent to
// the server of the first address alone. mount is where the stream goes. barren are
// entries of a playlist that had a stream without music, and are tried last.
func (p *Puller) stream(ctx context.Context, address string, l login, mount string, barren ...string) (*reply, error) {
	first, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	s := search{puller: p, first: first, login: l, mount: mount, barren: barren, left: maxTries}
	r, err := s.follow(ctx, first, 0)
	if err == nil || !s.answered || strings.Trim(first.Path, "/") != "" {
		return r, err
	}
	shoutcast := *first
	shoutcast.Path, shoutcast.RawPath = "/;", ""
	if r, _ := s.follow(ctx, &shoutcast, 0); r != nil {
		return r, nil // SHOUTcast shows pages at "/" to whom it takes for a browser
	}
	return nil, err
}

// search is the way from an address to the stream it stands for.
type search struct {
	puller *Puller
	first  *url.URL
	login  login
	mount  string
	barren []string
	left   int // addresses that may still be asked

	answered bool // by a server at least
}

// follow asks for an address, and for those that the answer leads to, until one of them
// has a stream. The error is that of the first of them.
func (s *search) follow(ctx context.Context, u *url.URL, hops int) (*reply, error) {
	if hops > maxHops {
		return nil, errTooManyHops
	}
	if s.left == 0 {
		return nil, errTooManyAddresses
	}
	s.left--
	sent := s.login
	if u.Scheme != s.first.Scheme || u.Host != s.first.Host {
		sent = login{}
	}
	r, err := s.puller.get(ctx, u, sent, "Icy-MetaData: 1\r\n", s.mount)
	if err != nil {
		return nil, err
	}
	s.answered = true
	next, err := r.leadsTo()
	if err == nil && next == nil {
		return r, nil
	}
	defer r.Close()
	if err != nil {
		s.puller.hosts.Failed(hostPort(u), r.conn.RemoteAddr()) // another address of the host may have it
		return nil, err
	}
	next = atLast(s.barren, next)
	from := context.WithValue(ctx, sentBy{}, ipOf(r.conn.RemoteAddr()))
	var first error
	for tried := 0; ; tried++ {
		address, err := next()
		switch {
		case err != nil && first == nil:
			s.puller.hosts.Failed(hostPort(u), r.conn.RemoteAddr())
			return nil, err
		case tried > 1 && (err != nil || s.left == 0 || ctx.Err() != nil):
			return nil, fmt.Errorf("%w (the other %d addresses in its playlist have no stream either)", first, tried-1)
		case err != nil || tried > 0 && (s.left == 0 || ctx.Err() != nil):
			return nil, first
		}
		stream, err := s.elsewhere(from, u, address, hops+1)
		if err == nil {
			if r.Status == http.StatusOK {
				stream.entry = cmp.Or(stream.entry, address)
			}
			return stream, nil
		}
		first = cmp.Or(first, err)
	}
}

// atLast puts some of the addresses that next returns behind all others.
func atLast(barren []string, next func() (string, error)) func() (string, error) {
	var held []string
	return func() (string, error) {
		address, err := next()
		for err == nil && slices.Contains(barren, address) {
			held = append(held, address)
			address, err = next()
		}
		if err != nil && len(held) > 0 {
			address, held = held[0], held[1:]
			return address, nil
		}
		return address, err
	}
}

// elsewhere follows an address that the answer from u named.
func (s *search) elsewhere(ctx context.Context, u *url.URL, address string, hops int) (*reply, error) {
	to, err := elsewhere(u, address)
	if err != nil {
		return nil, err
	}
	return s.follow(ctx, to, hops)
}

// leadsTo returns where an answer sends on to, one address after the other until an
// error, or nil when it is the stream itself.
func (r *reply) leadsTo() (next func() (address string, err error), err error) {
	switch r.Status {
	case http.StatusOK:
		if err := checkCodings(r.Header); err != nil {
			return nil, err
		}
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		location, given := r.Header.Get("Location"), false
		return func() (string, error) {
			if given {
				return "", errNoAddress
			}
			given = true
			return location, nil
		}, nil
	default:
		return nil, statusError(r.Reply)
	}
	switch kind := r.Header.Get("Content-Type"); {
	case isPlaylist(kind, r.url.Path):
		return addresses(r.text()), nil
	case kind == "" || icy.MayBeMP3(kind): // what is not said, the frames will show
		return nil, nil
	default:
		return nil, notMP3Error(kind)
	}
}

// elsewhere reads an address that another server named.
func elsewhere(from *url.URL, address string) (*url.URL, error) {
	if len(address) > longestAddress {
		return nil, fmt.Errorf("it sends on to an address of %d bytes", len(address))
	}
	u, err := from.Parse(address)
	if address == "" || err != nil || u.Scheme != "http" && u.Scheme != "https" || !icy.PlausibleHost(u.Host) {
		return nil, fmt.Errorf("it sends on to %q, which is no address of a stream", icy.CutText(address, longestWords))
	}
	u.User, u.Fragment = nil, ""
	return u, nil
}

// isPlaylist reports whether an answer is a playlist by its type or, where that says
// nothing, by the path it came from.
func isPlaylist(contentType, path string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "audio/x-mpegurl", "audio/mpegurl", "application/x-mpegurl", "application/mpegurl",
		"audio/x-scpls", "audio/scpls", "audio/x-pls", "application/x-scpls", "application/pls+xml", "application/pls":
		return true
	case "", "text/plain", "text/html", "application/octet-stream":
		path = strings.ToLower(path)
		return strings.HasSuffix(path, ".m3u") || strings.HasSuffix(path, ".pls")
	}
	return false
}

// addresses returns what yields those in a playlist, once each: lines of their own in
// M3U, File1=… in PLS. A playlist need not be whole for its first address to be tried.
func addresses(playlist io.Reader) (next func() (string, error)) {
	lines := bufio.NewScanner(io.LimitReader(playlist, maxPlaylist))
	var seen []string
	return func() (string, error) {
		for lines.Scan() {
			line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
			if key, value, ok := strings.Cut(line, "="); ok && strings.HasPrefix(strings.ToLower(key), "file") {
				line = strings.TrimSpace(value)
			}
			lower := strings.ToLower(line)
			isStream := strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://")
			if isStream && !slices.Contains(seen, line) {
				seen = append(seen, line)
				return line, nil
			}
		}
		if err := lines.Err(); err != nil {
			return "", inWords(err)
		}
		return "", errNoAddress
	}
}
