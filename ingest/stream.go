package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"relay/icy"
)

const (
	// maxHops bounds how often an address may stand for another: redirects and
	// playlists.
	maxHops = 5

	// maxPlaylist bounds the part of a playlist that is read, in bytes.
	maxPlaylist = 64 << 10

	// longestAddress bounds an address that another server names, in bytes.
	longestAddress = 4 << 10
)

var errTooManyHops = fmt.Errorf("the address leads elsewhere more than %d times", maxHops)

// notMP3Error says that an address has something else than an MP3 stream.
type notMP3Error string

func (e notMP3Error) Error() string {
	return fmt.Sprintf("it sends %q, and this server takes MP3 (audio/mpeg)", string(e))
}

// stream asks for an MP3 stream, by way of redirects and playlists, and returns
// the answer that has it. The login is sent to the server of the first address
// alone. mount is where the stream goes.
func (p *Puller) stream(ctx context.Context, address string, l login, mount string) (*reply, error) {
	first, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	u, asking := first, ctx
	for range maxHops + 1 {
		sent := l
		if u.Scheme != first.Scheme || u.Host != first.Host {
			sent = login{}
		}
		r, err := p.get(asking, u, sent, "Icy-MetaData: 1\r\n", mount)
		if err != nil {
			return nil, err
		}
		next, err := r.leadsTo()
		if err == nil && next == nil {
			return r, nil
		}
		r.Close()
		if err != nil {
			p.hosts.Failed(hostPort(u), r.conn.RemoteAddr()) // another address of the host may have it
			return nil, err
		}
		u, asking = next, context.WithValue(ctx, sentBy{}, ipOf(r.conn.RemoteAddr()))
	}
	return nil, errTooManyHops
}

// leadsTo returns where an answer sends on to, or nil when it is the stream
// itself.
func (r *reply) leadsTo() (*url.URL, error) {
	switch r.Status {
	case http.StatusOK:
		if err := checkCodings(r.Header); err != nil {
			return nil, err
		}
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return elsewhere(r.url, r.Header.Get("Location"))
	default:
		return nil, statusError(r.Reply)
	}
	switch kind := r.Header.Get("Content-Type"); {
	case kind == "" || icy.IsMP3(kind): // what is not said, the frames will show
		return nil, nil
	case isPlaylist(kind):
		address, err := firstAddress(r.text())
		if err != nil {
			return nil, err
		}
		return elsewhere(r.url, address)
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

func isPlaylist(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "audio/x-mpegurl", "audio/mpegurl", "application/x-mpegurl", "audio/x-scpls", "audio/scpls", "application/pls+xml":
		return true
	}
	return false
}

// firstAddress returns the first address in a playlist: a line of its own in
// M3U, File1=… in PLS.
func firstAddress(playlist io.Reader) (string, error) {
	lines := bufio.NewScanner(io.LimitReader(playlist, maxPlaylist))
	for lines.Scan() {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if key, value, ok := strings.Cut(line, "="); ok && strings.HasPrefix(strings.ToLower(key), "file") {
			line = strings.TrimSpace(value)
		}
		if lower := strings.ToLower(line); strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") {
			return line, nil
		}
	}
	if err := lines.Err(); err != nil {
		return "", inWords(err)
	}
	return "", errors.New("it sends a playlist without an address")
}
