package pull

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"relay/codec/known"
	"relay/icy"
	"relay/ingest/feed"
	"relay/ingest/pull/hls"
)

const (
	// maxHops bounds how often an address may lead to another one, by a redirect or a
	// playlist.
	maxHops = 5

	// maxTries bounds how many addresses are asked in search of one stream.
	maxTries = 12

	// maxPlaylist bounds the part of a playlist that is read, in bytes.
	maxPlaylist = 64 << 10

	// maxAddress bounds an address that another server names, in bytes.
	maxAddress = 4 << 10

	// maxQuote bounds how much of another server's text is quoted, in bytes.
	maxQuote = 300
)

var (
	errTooManyHops      = fmt.Errorf("the address redirects more than %d times", maxHops)
	errNoAddress        = errors.New("it sends a playlist without an address")
	errTooManyAddresses = fmt.Errorf("none of %d addresses that were asked has a stream", maxTries)
)

// foreignError is the Content-Type of an answer that is not a stream which can be played.
type foreignError string

func (e foreignError) Error() string {
	return fmt.Sprintf("it sends %q, and this server takes MP3 (audio/mpeg), AAC (audio/aac) and Ogg (application/ogg)", string(e))
}

// stream asks for a stream, follows redirects and playlists, and returns the
// answer that has the stream. It takes the first address in a playlist that has one:
// stations name several servers, and any of them may be down. The login is sent only
// to the server of the first address. mount is the mount that the stream is for.
// barren are playlist entries that had a stream without music, and are tried last.
func (p *Puller) stream(ctx context.Context, address string, l login, mount string, barren ...string) (*reply, error) {
	first, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	s := search{puller: p, first: first, login: l, mount: mount, barren: barren, left: maxTries}
	r, err := s.search(ctx, first, 0)
	if err == nil || !s.answered || strings.Trim(first.Path, "/") != "" {
		return r, err
	}
	shoutcast := *first
	shoutcast.Path, shoutcast.RawPath = "/;", ""
	if r, _ := s.search(ctx, &shoutcast, 0); r != nil {
		return r, nil // SHOUTcast serves pages at "/" to clients it takes for browsers
	}
	return nil, err
}

// search finds the stream that an address leads to.
type search struct {
	puller *Puller
	first  *url.URL
	login  login
	mount  string
	barren []string
	left   int // number of addresses that may still be asked

	answered bool // at least one server has answered
}

// search asks for an address, and for those that the answer leads to, until one of
// them has a stream. The error is that of the first address.
func (s *search) search(ctx context.Context, u *url.URL, hops int) (*reply, error) {
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

// atLast moves the barren ones of the addresses that next returns to the end.
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

// elsewhere asks for an address that the answer from u named.
func (s *search) elsewhere(ctx context.Context, u *url.URL, address string, hops int) (*reply, error) {
	to, err := elsewhere(u, address)
	if err != nil {
		return nil, err
	}
	return s.search(ctx, to, hops)
}

// leadsTo returns where an answer leads: next returns one address after the other
// until an error. next is nil if the answer is the stream itself.
func (r *reply) leadsTo() (next func() (address string, err error), err error) {
	switch r.Status {
	case http.StatusOK:
		if err := feed.CheckCodings(r.Header); err != nil {
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
		var text io.Reader
		if r.inSegments, text = isSegmented(r.text()); r.inSegments {
			return nil, nil
		}
		return addresses(text), nil
	default:
		if _, ok := known.ByMediaType(kind); !ok {
			return nil, foreignError(kind)
		}
		return nil, nil
	}
}

// elsewhere parses an address that another server named.
func elsewhere(from *url.URL, address string) (*url.URL, error) {
	if len(address) > maxAddress {
		return nil, fmt.Errorf("it redirects to an address of %d bytes", len(address))
	}
	u, err := from.Parse(address)
	if address == "" || err != nil || u.Scheme != "http" && u.Scheme != "https" || !icy.PlausibleHost(u.Host) {
		return nil, fmt.Errorf("it redirects to %q, which is not the address of a stream", icy.CutText(address, maxQuote))
	}
	u.User, u.Fragment = nil, ""
	return u, nil
}

// isPlaylist reports whether an answer is a playlist by its type or, if that says
// nothing, by the path it came from.
func isPlaylist(contentType, path string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "audio/x-mpegurl", "audio/mpegurl", "application/x-mpegurl", "application/mpegurl",
		"audio/x-scpls", "audio/scpls", "audio/x-pls", "application/x-scpls", "application/pls+xml", "application/pls",
		"application/xspf+xml", "application/vnd.apple.mpegurl", "vnd.apple.mpegurl":
		return true
	case "", "text/plain", "text/html", "application/octet-stream", "text/xml", "application/xml":
		path = strings.ToLower(path)
		return strings.HasSuffix(path, ".m3u") || strings.HasSuffix(path, segmentedExt) || strings.HasSuffix(path, ".pls") || strings.HasSuffix(path, ".xspf")
	}
	return false
}

// segmentedExt ends the path of a playlist of HLS, or of an M3U in UTF-8.
const segmentedExt = ".m3u8"

// isSegmented reports whether a playlist is one of HLS, and returns a reader of all of it. It
// reads no further than to the first line that tells.
func isSegmented(text io.Reader) (is bool, all io.Reader) {
	in := bufio.NewReader(io.LimitReader(text, maxPlaylist))
	var head strings.Builder
	if start, _ := in.Peek(len(extM3U)); string(start) == extM3U || strings.HasPrefix(string(start), "\ufeff") {
		for {
			line, err := in.ReadString('\n')
			head.WriteString(line)
			line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
			if err != nil || strings.HasPrefix(line, "#EXT-X-") || line != "" && line[0] != '#' {
				break
			}
		}
	}
	return hls.IsPlaylist(head.String()), io.MultiReader(strings.NewReader(head.String()), in)
}

// extM3U begins a playlist that may be one of HLS.
const extM3U = "#EXTM3U"

// addresses returns a function that yields the addresses in a playlist, each once:
// bare lines in M3U, File1=… in PLS, <location> in XSPF. The playlist need not be
// complete before its first address is tried.
func addresses(playlist io.Reader) (next func() (string, error)) {
	lines := bufio.NewScanner(io.LimitReader(playlist, maxPlaylist))
	lines.Split(scanEntries)
	var seen []string
	return func() (string, error) {
		for lines.Scan() {
			line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
			if key, value, ok := strings.Cut(line, "="); ok && strings.HasPrefix(strings.ToLower(key), "file") {
				line = strings.TrimSpace(value)
			}
			if escaped, ok := strings.CutPrefix(line, location); ok {
				line = strings.TrimSpace(html.UnescapeString(escaped))
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

// location begins an address in XSPF.
const location = "<location>"

// scanEntries splits a playlist into lines, and lines before each <location> and
// after its text, because XSPF needs no line breaks.
func scanEntries(data []byte, atEOF bool) (advance int, token []byte, err error) {
	advance, token, err = bufio.ScanLines(data, atEOF)
	inLine := data
	if token != nil {
		inLine = token
	}
	at := bytes.Index(inLine, []byte(location))
	switch {
	case at > 0:
		return at, inLine[:at], nil
	case at == 0:
		if end := bytes.IndexByte(inLine[1:], '<'); end >= 0 {
			return end + 1, inLine[:end+1], nil
		}
	}
	return advance, token, err
}
