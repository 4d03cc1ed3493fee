package hls

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"relay/auth"
	"relay/codec/mp3"
	"relay/icy"
	"relay/listeners"
	"relay/mounts"
	"relay/segments"
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
	mount, _ := h.find(urlPath)
	return mount != ""
}

// find returns the mount and the file that a path of HLS names; file is empty for the
// multivariant playlist, and mount for other paths. Only mounts count that exist, or did
// until lately: other paths belong to other rooms, such as the page /player/hls/low.
func (h *Hub) find(urlPath string) (mount, file string) {
	if mount, ok := ofMultivariant(urlPath); ok && h.has(mount) { // of a mount /live/hls/x too
		return mount, ""
	}
	if mount, file, ok := ofFile(urlPath); ok && h.has(mount) {
		return mount, file
	}
	return "", ""
}

// has reports whether a mount has HLS now, or had it until lately.
func (h *Hub) has(mount string) bool {
	if m := h.Registry.Find(mount); m != nil {
		return m.Config().HLS
	}
	return h.tape(mount) != nil
}

// ofMultivariant returns the mount of which a path may name the multivariant playlist.
func ofMultivariant(urlPath string) (mount string, ok bool) {
	mount, ok = strings.CutSuffix(urlPath, playlistExt)
	return mount, ok && len(mount) > 1
}

// ofFile returns the mount and the file that a path may name.
func ofFile(urlPath string) (mount, file string, ok bool) {
	i := strings.LastIndex(urlPath, folder)
	if i <= 0 {
		return "", "", false
	}
	mount, file = urlPath[:i], urlPath[i+len(folder):]
	return mount, file, file != "" && !strings.Contains(file, "/")
}

// Serve answers GET or HEAD of a path that it Serves, and reports whether the connection
// can take the next request. It does not close the connection.
func (h *Hub) Serve(conn net.Conn, req *http.Request) (keep bool) {
	name, file := h.find(req.URL.Path)
	m := h.Registry.Find(name)
	var a *answer
	var by attendance
	switch t, isPlaylist := tokenOf(file); {
	case file == "":
		a = h.multivariant(req, name, m)
	case isPlaylist:
		a, by = h.media(conn, req, name, m, t)
	default:
		a = h.segment(name, file)
	}
	if m != nil {
		a.own = m.Config().Headers
	}
	a.narrow(req)
	sent, keep := a.write(conn, req)
	if by.session != nil {
		by.Sent.Add(sent)
	}
	return keep
}

// multivariant answers GET /live.m3u8 with a new session.
func (h *Hub) multivariant(req *http.Request, name string, m *mounts.Mount) *answer {
	if err := h.checkLogin(req, name); err != nil {
		return refusal(err)
	}
	file := newToken().String() + playlistExt + h.queryFor(req, name)
	var variants []variant
	for _, each := range append([]string{name}, h.renditions(name)...) {
		if v, ok := h.variant(each); ok {
			v.address = relative(name, each) + folder + file
			variants = append(variants, v)
		}
	}
	switch {
	case len(variants) > 0:
		return whole(http.StatusOK, playlistType, never, multivariant(playable(variants, req.UserAgent())))
	case m != nil && !suits(m):
		return notOffered(m)
	}
	return nothingPlays(name)
}

// playable leaves out the variants that a client mistakes for another codec and ends with
// an error. Chromium knows no packed MP3: it takes mp4a.40.34, and all that begins with an
// ID3 tag, for AAC. If there is no other variant, the client gets what there is.
func playable(variants []variant, agent string) []variant {
	isMP3 := func(v variant) bool { return v.codec == mp3.Codec }
	if strings.Contains(agent, "Chrome/") && slices.ContainsFunc(variants, func(v variant) bool { return !isMP3(v) }) {
		return slices.DeleteFunc(variants, isMP3)
	}
	return variants
}

// checkLogin checks the login or the token that a mount asks for. A hook is asked when the
// session begins.
func (h *Hub) checkLogin(req *http.Request, mount string) error {
	asks := h.Conf.Config().Mount(mount).ListenerAuth
	if asks.HtpasswdFile == "" && asks.TokenSecret == "" {
		return nil
	}
	_, err := h.Gate.Listener(req.Context(), auth.ListenerRequest(req), mount, 0)
	return err
}

// queryFor returns the query of media playlists, with "?", or "": if the mount asks its
// listeners for something, the player's next request has what this one has.
func (h *Hub) queryFor(req *http.Request, mount string) string {
	if req.URL.RawQuery == "" || !h.Conf.Config().Mount(mount).ListenerAuth.AsksListeners() {
		return ""
	}
	query := url.Values{}
	for name, value := range icy.ParseQuery(req.URL.RawQuery) {
		query.Set(name, value)
	}
	return "?" + query.Encode()
}

// suits reports whether what a mount plays can be packed, as far as is known.
func suits(m *mounts.Mount) bool {
	c := m.Format().Codec
	return c == nil || segments.StandAlone(c)
}

// notOffered is the answer for a mount that does not suit.
func notOffered(m *mounts.Mount) *answer {
	return sentence(http.StatusNotFound, m.Name+" plays "+m.Format().Codec.String()+", which is not offered by HLS: give it a rendition in MP3 or AAC")
}

// nothingPlays is the answer for a mount that plays nothing.
func nothingPlays(mount string) *answer {
	return sentence(http.StatusNotFound, "Nothing plays on "+mount)
}

// renditions returns the mounts of a mount's renditions. A hidden one is not told.
func (h *Hub) renditions(mount string) (names []string) {
	c := h.Conf.Config()
	own := c.Mount(mount)
	for _, r := range own.Renditions {
		if own.Hidden || !c.Mount(r.Name).Hidden {
			names = append(names, r.Name)
		}
	}
	return names
}

// variant returns what a multivariant playlist says of a mount. If it has no segment yet,
// the first client that asks for it wakes it, or waits for the first one. ok is false if
// it will have none.
func (h *Hub) variant(mount string) (v variant, ok bool) {
	m := h.Registry.Find(mount)
	if m == nil || !m.Config().HLS || !suits(m) {
		return variant{}, false
	}
	if t := h.tapeOf(m); t != nil {
		if p := t.offer(); p != nil {
			return variant{bitRates: p.bitRates, codec: p.last().Format.Codec, codecs: p.codecs}, true
		}
	}
	if !m.OnAir() && !m.Asleep() {
		return variant{}, false
	}
	const likely = 128 // kbit/s
	rate := cmp.Or(m.Programme().BitRate, likely) * 1000
	return variant{bitRates: bitRates{peak: rate, average: rate}, codec: m.Format().Codec}, true
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

// media answers GET /live/hls/<session>.m3u8. A mount that is gone still has a playlist for
// a while, so that players find it when it comes back.
func (h *Hub) media(conn net.Conn, req *http.Request, name string, m *mounts.Mount, t token) (a *answer, by attendance) {
	tape := h.tape(name)
	if m == nil {
		if h.Conf.Config().Mount(name).ListenerAuth.URL != "" { // a hook admits sessions alone
			return nothingPlays(name), by
		}
		if err := h.checkLogin(req, name); err != nil {
			return refusal(err), by
		}
	} else {
		if !suits(m) {
			return notOffered(m), by
		}
		var err error
		if by, err = h.attend(conn, req, m, t); err != nil {
			return refusal(err), by
		}
		if by.mount != nil {
			m = by.mount
		}
		tape = h.tapeOf(m)
	}
	p := await(conn, req, tape)
	if p == nil {
		return nothingPlays(name), by
	}
	b := p.body
	if by.detour != nil {
		b = p.elsewhere(relative(name+folder, m.Name)+folder, by.detour)
	}
	if by.session != nil {
		m.ContentType() // the mount keeps its codec while the session lasts
		h.heard(by, p)
	}
	a = whole(http.StatusOK, playlistType, briefly, b.plain)
	if takesGzip(req) && req.Header.Get("Range") == "" {
		a = whole(http.StatusOK, playlistType, briefly, b.zipped)
		a.coding, b.tag = "gzip", b.tag+"-gzip"
	}
	a.tag = `"` + b.tag + `"`
	return a, by
}

// await returns the playlist of a tape as soon as it has a segment, or nil. t may be nil.
func await(conn net.Conn, req *http.Request, t *tape) *playlist {
	if t == nil {
		return nil
	}
	p, more := t.want(time.Now())
	if p != nil {
		return p
	}
	waiting, cancel := context.WithTimeout(req.Context(), wakingTime)
	defer cancel()
	present, done := listeners.WhilePresent(waiting, conn)
	defer done()
	select {
	case <-more:
	case <-present.Done():
	}
	p, _ = t.want(time.Now())
	return p
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
		status: http.StatusOK, kind: s.Format.Codec.MediaType(), caching: forever, tag: `"` + s.name + `"`,
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
