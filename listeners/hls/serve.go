package hls

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"relay/icy"
	"relay/listeners"
	"relay/mounts"
)

const (
	playlistExt  = ".m3u8"
	playlistType = "application/vnd.apple.mpegurl"

	// folder is below the path of a mount. It has the media playlists and segments.
	folder = "/hls/"

	// wakingTime is how long a client waits for the first segment of a mount.
	wakingTime = 10 * time.Second
)

// Serves reports whether a path is one of HLS: /live.m3u8, or below /live/hls/, of a mount
// that has it.
func (h *Hub) Serves(urlPath string) bool {
	mount, _ := cut(urlPath)
	return mount != "" && (h.tape(mount) != nil || h.Conf.Config().Mount(mount).HLS)
}

// cut returns the mount and the file that a path of HLS names; file is empty for the
// multivariant playlist, and mount for other paths.
func cut(urlPath string) (mount, file string) {
	if i := strings.LastIndex(urlPath, folder); i > 0 && !strings.Contains(urlPath[i+len(folder):], "/") {
		return urlPath[:i], urlPath[i+len(folder):]
	}
	if mount, ok := strings.CutSuffix(urlPath, playlistExt); ok {
		return mount, ""
	}
	return "", ""
}

// Serve answers GET or HEAD of a path that it Serves, and reports whether the connection
// can take the next request. It does not close the connection.
func (h *Hub) Serve(conn net.Conn, req *http.Request) (keep bool) {
	name, file := cut(req.URL.Path)
	m := h.Registry.Find(name)
	var a *answer
	switch t, isPlaylist := tokenOf(file); {
	case file == "":
		a = h.multivariant(req, name, m)
	case isPlaylist:
		a = h.media(conn, req, name, m, t)
	default:
		a = h.segment(name, file)
	}
	if m != nil {
		a.own = m.Config().Headers
	}
	a.narrow(req)
	_, keep = a.write(conn, req)
	return keep
}

// multivariant answers GET /live.m3u8 with a new session.
func (h *Hub) multivariant(req *http.Request, name string, m *mounts.Mount) *answer {
	if asks := h.Conf.Config().Mount(name).ListenerAuth; asks.HtpasswdFile != "" || asks.TokenSecret != "" { // a hook is asked when the session begins
		if _, err := h.Gate.Listener(req.Context(), req, name, 0); err != nil {
			return refusal(err)
		}
	}
	file := newToken().String() + playlistExt
	if token := icy.ParseQuery(req.URL.RawQuery)["token"]; token != "" {
		file += "?token=" + url.QueryEscape(token) // so that the player's next request has it
	}
	var variants []variant
	for _, each := range append([]string{name}, h.renditions(name)...) {
		if v, ok := h.variant(each); ok {
			v.address = relative(name, each) + folder + file
			variants = append(variants, v)
		}
	}
	if len(variants) > 0 {
		return whole(http.StatusOK, playlistType, never, multivariant(variants))
	}
	if m != nil {
		if c := m.Format().Codec; c != nil && !packed(c) {
			return sentence(http.StatusNotFound, name+" plays "+c.String()+", which is not offered by HLS: give it a rendition in MP3 or AAC")
		}
	}
	return sentence(http.StatusNotFound, "Nothing plays on "+name)
}

// renditions returns the mounts of a mount's renditions.
func (h *Hub) renditions(mount string) (names []string) {
	for _, r := range h.Conf.Config().Mount(mount).Renditions {
		names = append(names, r.Name)
	}
	return names
}

// variant returns what a multivariant playlist says of a mount. If it has no segment yet,
// the first client that asks for it wakes it, or waits for the first one. ok is false if
// it will have none.
func (h *Hub) variant(mount string) (v variant, ok bool) {
	if t := h.tape(mount); t != nil {
		if p, _ := t.want(time.Now()); p != nil {
			return variant{bitRates: p.bitRates, codecs: p.codecs}, true
		}
	}
	m := h.Registry.Find(mount)
	if m == nil || !m.OnAir() && !m.Asleep() {
		return variant{}, false
	}
	c := m.Format().Codec
	if c != nil && !packed(c) {
		return variant{}, false
	}
	const likely = 128 // kbit/s
	rate := cmp.Or(m.Programme().BitRate, likely) * 1000
	return variant{bitRates: bitRates{peak: rate, average: rate}}, true
}

// relative returns the address of a mount from the folder of another. It begins with no
// slash, so that it stays true behind a proxy that has relay below a path of its own.
func relative(from, to string) string {
	up := strings.Repeat("../", strings.Count(strings.TrimSuffix(path.Dir(from), "/"), "/"))
	down := (&url.URL{Path: strings.TrimPrefix(to, "/")}).EscapedPath()
	if first, _, _ := strings.Cut(down, "/"); up == "" && strings.Contains(first, ":") {
		return "./" + down // the first part would look like a scheme
	}
	return up + down
}

// media answers GET /live/hls/<session>.m3u8.
func (h *Hub) media(conn net.Conn, req *http.Request, name string, m *mounts.Mount, t token) *answer {
	var s *session
	played := name
	if m != nil && req.Method == http.MethodGet {
		var err error
		if s, m, err = h.attend(req, m, t); err != nil {
			return refusal(err)
		}
		played = m.Name
	}
	p := h.await(conn, req, played)
	if p == nil {
		return sentence(http.StatusNotFound, "Nothing plays on "+name)
	}
	if s != nil {
		h.heard(s, p)
	}
	b := p.body
	if played != name {
		b = p.elsewhere(relative(name+folder, played) + folder)
	}
	a := whole(http.StatusOK, playlistType, briefly, b.plain)
	if takesGzip(req) && req.Header.Get("Range") == "" {
		a = whole(http.StatusOK, playlistType, briefly, b.zipped)
		a.coding = "gzip"
	}
	a.tag = b.tag
	return a
}

// await returns the playlist of a mount as soon as it has a segment, or nil.
func (h *Hub) await(conn net.Conn, req *http.Request, mount string) *playlist {
	waiting, cancel := context.WithTimeout(req.Context(), wakingTime)
	defer cancel()
	for waiting.Err() == nil {
		t := h.tape(mount)
		if t == nil {
			return nil
		}
		p, more := t.want(time.Now())
		if p != nil {
			return p
		}
		present, done := listeners.WhilePresent(waiting, conn)
		select {
		case <-more:
		case <-present.Done():
			cancel()
		}
		done()
	}
	return nil
}

// segment answers GET /live/hls/<epoch>-<number>.mp3.
func (h *Hub) segment(mount, file string) *answer {
	var s *segment
	if t := h.tape(mount); t != nil {
		s = t.find(file)
	}
	if s == nil {
		return sentence(http.StatusNotFound, "There is no such segment, or no longer")
	}
	return &answer{
		status: http.StatusOK, kind: s.format.Codec.MediaType(), caching: forever, tag: `"` + s.name + `"`,
		size: s.size(), end: s.size(), bytes: s.bytes,
	}
}

// refusal returns the answer to a client that is not admitted.
func refusal(err error) *answer {
	if errors.Is(err, errRemoved) {
		return sentence(http.StatusForbidden, err.Error())
	}
	status, text, header := listeners.Refusal(err)
	a := sentence(status, strings.TrimSuffix(text, "\r\n"))
	a.more = header
	return a
}
