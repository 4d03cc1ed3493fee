package admin

import (
	"cmp"
	"crypto/rand"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"time"

	"go.uber.org/zap"

	"relay/mounts"
	"relay/version"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("page").Parse(pageHTML))

// pageData is what page.html shows.
type pageData struct {
	Nonce      string // marks the style and script that are the page's own
	Server     string
	Mounts     []pageMount
	Admin      bool   // for the operator: where sources come from, what was moved
	SourceUser string // what to log in as to send a stream
	Host, Port string // where to send it to; the browser knows better and replaces them
	Uptime     string
}

type pageMount struct {
	mounts.Status
	Path      string // escaped, relative to the page
	ListenURL string // as StatusJSON prints it: the page finds its mounts there
}

// Page answers / for listeners: what is on, and a player.
func (h *Handlers) Page(w http.ResponseWriter, _ *http.Request) { h.renderPage(w, false) }

// AdminPage answers /admin/ for the operator.
func (h *Handlers) AdminPage(w http.ResponseWriter, r *http.Request) {
	if err := h.Gate.Admin(r); err != nil {
		h.unauthorized(w, r, err)
		return
	}
	h.renderPage(w, true)
}

func (h *Handlers) renderPage(w http.ResponseWriter, admin bool) {
	data := h.pageData(admin)
	w.Header().Set("Cache-Control", "no-cache, no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; style-src 'nonce-%[1]s'; "+
		"script-src 'nonce-%[1]s'; connect-src 'self'; media-src 'self'; img-src data:; base-uri 'none'; form-action 'none'",
		data.Nonce))
	if err := page.Execute(w, data); err != nil {
		h.Log.Debug("page not sent", zap.Error(err))
	}
}

func (h *Handlers) pageData(admin bool) pageData {
	data := pageData{
		Nonce:      rand.Text(),
		Server:     version.Server(),
		Admin:      admin,
		SourceUser: h.Conf.Config().Auth.SourceUser,
		Uptime:     timeText(time.Since(h.Started)),
	}
	if !admin && data.SourceUser != "source" {
		data.SourceUser = "as configured" // nobody's business
	}
	base := h.Conf.Config().Server.BaseURL()
	if u, err := url.Parse(base); err == nil {
		data.Host = u.Hostname()
		data.Port = cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	}
	root := "."
	if admin {
		root = ".."
	}
	for _, m := range h.Registry.List() {
		if s := m.Status(); admin || !s.Hidden {
			path := (&url.URL{Path: s.Name}).EscapedPath()
			data.Mounts = append(data.Mounts, pageMount{Status: s, Path: root + path, ListenURL: base + path})
		}
	}
	return data
}

// Title is that of the document: the station's name if there is just one.
func (d pageData) Title() string {
	switch {
	case d.Admin:
		return "relay – operator"
	case len(d.Mounts) == 1:
		return d.Mounts[0].Station()
	}
	return "relay"
}

// Station is what the mount is called.
func (m pageMount) Station() string { return cmp.Or(m.Status.Station.Name, m.Name) }

// Now is what is being played, as far as known.
func (m pageMount) Now() string { return cmp.Or(m.Status.Title.Text, m.Status.Station.Description) }

// Source is the program that sends the stream.
func (m pageMount) Source() string {
	switch m.Kind {
	case mounts.Fallback, mounts.Encoded:
		return "the stream of " + m.From
	case mounts.Files:
		return "music of this server"
	case mounts.Silent:
		return "nobody"
	}
	return cmp.Or(m.Status.Station.Agent, "unnamed program")
}

// Site is the station's own, if it is an address a browser may be sent to.
func (m pageMount) Site() string {
	u, err := url.Parse(m.Status.Station.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return m.Status.Station.URL
}

// State says in a word where the sound comes from.
func (m pageMount) State() string {
	switch m.Input {
	case mounts.Live.String(), mounts.Relayed.String(), mounts.Encoded.String():
		return "Live"
	case mounts.Fallback.String(), mounts.Files.String():
		return "Music"
	case mounts.Silent.String():
		return "Silent"
	}
	return "Back in a moment"
}

// Rate is the bit rate and format.
func (m pageMount) Rate() string {
	if m.BitRate == 0 {
		return "MP3"
	}
	return fmt.Sprintf("%d kbit/s MP3", m.BitRate)
}

// Sound is the rest of what was measured, or nothing before there is any.
func (m pageMount) Sound() string {
	switch {
	case m.SampleRate == 0:
		return "nothing yet"
	case m.Channels == 1:
		return fmt.Sprintf("%g kHz mono", float64(m.SampleRate)/1000)
	}
	return fmt.Sprintf("%g kHz stereo", float64(m.SampleRate)/1000)
}

// Audience is how many listen.
func (m pageMount) Audience() string {
	if m.Listeners == 1 {
		return "1 listener"
	}
	return fmt.Sprintf("%d listeners", m.Listeners)
}

// Start is when the input was connected, as StatusJSON prints it.
func (m pageMount) Start() string { return m.Since.Format(icecastISO8601) }

// StartText is Start for people.
func (m pageMount) StartText() string {
	return m.Since.Format("2 Jan 15:04:05") + " (" + timeText(time.Since(m.Since)) + ")"
}

func (m pageMount) ReceivedText() string { return byteText(m.Received) }

func (m pageMount) SentText() string { return byteText(m.Sent) }

func byteText(n int64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n)/1000, 0
	for v >= 999.95 && unit < len(units)-1 {
		v, unit = v/1000, unit+1
	}
	return fmt.Sprintf("%.1f %cB", v, units[unit])
}

func timeText(d time.Duration) string {
	days, hours, minutes := d/(24*time.Hour), d/time.Hour%24, d/time.Minute%60
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min", minutes)
	}
	return fmt.Sprintf("%d s", max(0, d/time.Second))
}
