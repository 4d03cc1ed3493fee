package listeners

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"relay/auth"
	"relay/conf"
	"relay/icy"
	"relay/mounts"
)

// Playlists answers requests for playlist files: a mount's address, with those of its
// renditions. As with Icecast the mount need not exist
// (e2e/recorded/playlist-m3u-unknown.txt). A hidden mount that asks its listeners for
// a login looks to clients without one as if it did not exist.
type Playlists struct {
	Registry *mounts.Registry
	Conf     *conf.Live
	Gate     *auth.Gate
}

// playlistFormats has the writer of each format, by file extension.
var playlistFormats = map[string]func(http.ResponseWriter, entry){
	".m3u":  writeM3U,
	".pls":  writePLS,
	".xspf": writeXSPF,
	".vclt": writeVCLT,
}

// entry is the stream that a playlist names.
type entry struct {
	mount   string
	address string
	known   bool // the mount exists
	mounts.Status
	variants []variant // the stream at its bit rates, best first, and then in other codecs
}

// variant is the programme at one bit rate.
type variant struct {
	address string
	bitRate int // kbit/s
}

// Names reports whether urlPath is that of a playlist, for a possible mount name.
func (p *Playlists) Names(urlPath string) bool {
	ext := path.Ext(urlPath)
	return playlistFormats[ext] != nil && conf.CheckMountName(strings.TrimSuffix(urlPath, ext)) == nil
}

// ServeHTTP answers GET /mount.m3u, .pls, .xspf and .vclt.
func (p *Playlists) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ext := path.Ext(r.URL.Path)
	p.write(w, r, strings.TrimSuffix(r.URL.Path, ext), playlistFormats[ext])
}

// Listen answers GET /listen.pls?sid=N, with which players of SHOUTcast find a
// stream.
func (p *Playlists) Listen(w http.ResponseWriter, r *http.Request) {
	sid := 1
	fmt.Sscanf(icy.ParseQuery(r.URL.RawQuery)["sid"], "%d", &sid)
	list := p.Registry.Numbered()
	if sid < 1 || sid > len(list) {
		http.Error(w, fmt.Sprintf("There is no stream %d", sid), http.StatusNotFound)
		return
	}
	p.write(w, r, list[sid-1].Name, playlistFormats[path.Ext(r.URL.Path)])
}

func (p *Playlists) write(w http.ResponseWriter, r *http.Request, mount string, write func(http.ResponseWriter, entry)) {
	base := p.base(r)
	token := icy.ParseQuery(r.URL.RawQuery)["token"]
	addressOf := func(mount string) string {
		address := base + (&url.URL{Path: mount}).EscapedPath()
		if token != "" && p.Conf.Config().Mount(mount).ListenerAuth.TokenSecret != "" {
			address += "?token=" + url.QueryEscape(token) // so that the player's own request has the token
		}
		return address
	}
	e := entry{mount: mount, address: addressOf(mount)}
	e.variants = []variant{{address: e.address}}
	if m := p.Registry.Find(mount); m != nil && !p.hides(r, m) {
		e.known, e.Status = true, m.Status()
		e.variants[0].bitRate = e.BitRate
		var others []variant // in another codec, which fewer players may play
		own := conf.MP3
		if e.Format.Codec != nil {
			own = e.Format.Codec.Key()
		}
		for _, rendition := range m.Config().Renditions {
			if made := p.Registry.Find(rendition.Name); made != nil && (e.Hidden || !made.Config().Hidden) {
				list := &e.variants
				if cmp.Or(rendition.Codec, conf.MP3) != own {
					list = &others
				}
				*list = append(*list, variant{addressOf(rendition.Name), rendition.BitRate})
			}
		}
		for _, list := range [][]variant{e.variants, others} {
			slices.SortStableFunc(list, func(a, b variant) int { return b.bitRate - a.bitRate })
		}
		e.variants = append(e.variants, others...)
	}
	h := w.Header()
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("Access-Control-Allow-Origin", "*")
	write(w, e)
}

// hides reports whether the mount must look non-existent to the sender of r.
func (p *Playlists) hides(r *http.Request, m *mounts.Mount) bool {
	c := m.Config()
	return c.Hidden && c.ListenerAuth.AsksListeners() && !p.Gate.KnowsListener(r, m.Name)
}

// base is the server's address as this client knows it, without a trailing slash. An
// impossible Host is ignored. A Host without a port is believed only from HTTP/1.1
// on, because older players leave the port out (mpg321).
func (p *Playlists) base(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	host := r.Host
	forwarded := r.Header.Get("X-Forwarded-Proto") // the server removes it unless the proxy is trusted
	if proto := strings.ToLower(forwarded); proto == "http" || proto == "https" {
		scheme = proto
		if h := r.Header.Get("X-Forwarded-Host"); icy.PlausibleHost(h) {
			host = h
		}
	}
	if !icy.PlausibleHost(host) {
		return p.Conf.Config().BaseURL()
	}
	if strings.LastIndexByte(host, ':') <= strings.LastIndexByte(host, ']') && !r.ProtoAtLeast(1, 1) && forwarded == "" {
		if p.Conf.Config().Server.PublicURL != "" {
			return p.Conf.Config().Server.PublicURL
		}
		if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			if _, port, err := net.SplitHostPort(local.String()); err == nil {
				host += ":" + port
			}
		}
	}
	return scheme + "://" + host
}

func writeM3U(w http.ResponseWriter, e entry) {
	w.Header().Set("Content-Type", "audio/x-mpegurl")
	for _, v := range e.variants {
		fmt.Fprintf(w, "%s\r\n", v.address)
	}
}

func writePLS(w http.ResponseWriter, e entry) {
	w.Header().Set("Content-Type", "audio/x-scpls")
	fmt.Fprintf(w, "[playlist]\nNumberOfEntries=%d\n", len(e.variants))
	for i, v := range e.variants {
		title := oneLine(e.name())
		if len(e.variants) > 1 {
			title = fmt.Sprintf("%s (%d kbit/s)", title, v.bitRate)
		}
		fmt.Fprintf(w, "File%[1]d=%[2]s\nTitle%[1]d=%[3]s\nLength%[1]d=-1\n", i+1, v.address, title)
	}
	io.WriteString(w, "Version=2\n")
}

// writeVCLT writes the lines of e2e/recorded/playlist-vclt.txt.
func writeVCLT(w http.ResponseWriter, e entry) {
	w.Header().Set("Content-Type", "audio/x-vclt; charset=UTF-8")
	fmt.Fprintf(w, "STREAMURL=%s\nTITLE=%s\nSERVER_NAME=%s\nDESCRIPTION=%s\nSIGNALINFO=%s\nGENRE=%s\n==\n",
		e.address, oneLine(e.Title.Text), oneLine(e.name()), oneLine(e.Station.Description), oneLine(e.AudioInfo()), oneLine(e.Station.Genre))
}

// xspf is XSPF 1 (xspf.org/spec), as in e2e/recorded/playlist-xspf.txt.
type xspf struct {
	XMLName xml.Name    `xml:"http://xspf.org/ns/0/ playlist"`
	Version string      `xml:"version,attr"`
	Title   string      `xml:"title"`
	Creator string      `xml:"creator"`
	Tracks  []xspfTrack `xml:"trackList>track"`
}

type xspfTrack struct {
	Location   string `xml:"location"`
	Title      string `xml:"title"`
	Annotation string `xml:"annotation"`
	Info       string `xml:"info,omitempty"`
}

func writeXSPF(w http.ResponseWriter, e entry) {
	list := xspf{Version: "1"}
	if e.known {
		var note strings.Builder
		line := func(name string, value any) {
			if text := fmt.Sprint(value); text != "" {
				fmt.Fprintf(&note, "%s: %s\n", name, text)
			}
		}
		line("Stream Title", e.name())
		line("Stream Description", e.Station.Description)
		line("Content Type", e.Type)
		if !e.Hidden {
			line("Current Listeners", e.Listeners)
			line("Peak Listeners", e.Peak)
		}
		line("Stream Genre", e.Station.Genre)
		list.Tracks = []xspfTrack{{e.address, e.Title.Text, strings.TrimSuffix(note.String(), "\n"), e.Station.URL}}
	}
	body, err := xml.MarshalIndent(list, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/xspf+xml; charset=UTF-8")
	fmt.Fprintf(w, "%s%s\n", xml.Header, body)
}

// name is the title of the station: its name or, without one, the mount's.
func (e entry) name() string {
	if e.Station.Name != "" {
		return e.Station.Name
	}
	return e.mount
}

// oneLine removes line breaks, so that s cannot break out of its line.
func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, s)
}
