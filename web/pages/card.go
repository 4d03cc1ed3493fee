package pages

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"relay/codec/known"
	"relay/conf"
	"relay/mounts"
)

// A card shows a mount to listeners.
type card struct {
	Name    string // of the mount
	Path    string // of the stream, escaped
	Station string
	Site    string // web site of the station; empty: none
	About   string
	Genre   string
	State   string // as in the API
	Word    string // the state in words
	Artist  string
	Title   string
	Cover   string // address of the cover; empty: none
	Hue     int    // degrees, colour of the picture in place of a cover
	Letter  string // letter on that picture
	Rate    string
	Type    string   // Content-Type of the stream
	Choices []choice // the mount, and then the others with the same programme
	HLS     string   // path of the HLS playlist; empty: there is none
	Counted bool     // Listeners may be shown
	Count   int      // listeners of all choices
	Earlier []played // newest first
}

// choice is a stream to choose.
type choice struct {
	Name, Path string
	Codec      string // its name; empty: not known yet
	Rate       string
	Type       string // Content-Type, with the codec if the type alone does not say it
	For        string // who can play it, in words
}

// audiences says in words who can play a codec, by its name.
var audiences = map[string]string{
	"MP3":    "plays everywhere",
	"AAC":    "for phones and most radios",
	"Opus":   "for browsers and modern players",
	"Vorbis": "for most browsers and players",
	"FLAC":   "lossless, for fast connections",
}

// choiceOf returns the choice of a mount's stream.
func choiceOf(name string, p mounts.Programme) choice {
	c := choice{Name: name, Path: pathOf(name), Codec: p.Codec, Rate: rate(p), Type: p.Type, For: audiences[p.Codec]}
	if c.Type == "application/ogg" && c.Codec != "" {
		c.Type = "audio/ogg; codecs=" + strings.ToLower(p.Codec)
	}
	return c
}

// rate returns the bit rate and codec of a mount in words.
func rate(p mounts.Programme) string {
	if p.BitRate == 0 {
		return p.Codec
	}
	return strings.TrimSpace(fmt.Sprintf("%d kbit/s %s", p.BitRate, p.Codec))
}

// pathOf returns the path of a mount's stream, escaped.
func pathOf(name string) string { return (&url.URL{Path: name}).EscapedPath() }

// played is a title that was played before.
type played struct {
	Text string
	At   time.Time
}

// newCard returns the card of a mount that exists.
func newCard(m *mounts.Mount, counted bool) card {
	s := m.Status()
	c := silentCard(s.Name, s.Station.Name)
	c.State, c.Word = s.Input, stateWord(s.Input)
	c.About, c.Genre, c.Site = s.Station.Description, s.Station.Genre, siteOf(s.Station.URL)
	c.Artist, c.Title = splitTitle(s.Title.Text)
	if c.Cover = coverOf(s.Title.URL); c.Cover == "" {
		c.Cover = ownCover(m)
	}
	c.Counted, c.Count = counted, s.Listeners
	c.Rate, c.Type = rate(s.Programme), s.Type
	if m.Config().HLS {
		c.HLS = c.Path + ".m3u8"
	}
	c.Choices = []choice{choiceOf(s.Name, s.Programme)}
	for _, other := range m.Renditions() {
		c.Choices = append(c.Choices, choiceOf(other.Name, other.Programme()))
		c.Count += other.Audience.Count()
	}
	for _, t := range slices.Backward(s.History) {
		if len(c.Earlier) > 0 || t.Text != s.Title.Text {
			c.Earlier = append(c.Earlier, played{t.Text, t.Since})
		}
	}
	return c
}

// silentCard returns the card of a mount that does not exist.
func silentCard(name, station string) card {
	c := card{Name: name, Path: pathOf(name), State: mounts.Waiting, Word: stateWord(mounts.Waiting), Type: known.Default.MediaType()}
	c.Station = cmp.Or(station, strings.TrimPrefix(name, "/"))
	c.Hue = hueOf(name)
	for _, first := range c.Station {
		c.Letter = strings.ToUpper(string(first))
		break
	}
	return c
}

// declaredCard returns the card of a mount that need not exist, with what the
// configuration says of it.
func declaredCard(config *conf.Config, name string) card {
	m := config.Mount(name)
	c := silentCard(name, m.Title)
	if !m.Hidden {
		c.About, c.Genre, c.Site = m.Description, m.Genre, siteOf(m.URL)
	}
	return c
}

// ownCover returns the path of a mount's current cover on this server; empty: none.
func ownCover(m *mounts.Mount) string {
	cover := m.Cover()
	if cover == nil {
		return ""
	}
	return "/api/v1/mounts/" + url.PathEscape(strings.TrimPrefix(m.Name, "/")) + "/cover?v=" + cover.Sum
}

// stateWord says in words what a state means to a listener.
func stateWord(state string) string {
	switch state {
	case "live", "relay", "rendition":
		return "Live"
	case "fallback":
		return "Music"
	case "files":
		return "AutoDJ"
	case "silence":
		return "Silence"
	case mounts.Asleep:
		return "Plays when you listen"
	}
	return "Back in a moment"
}

// splitTitle splits "Artist - Title", the form that DJ programs send.
func splitTitle(text string) (artist, title string) {
	artist, title, found := strings.Cut(text, " - ")
	if !found || artist == "" || title == "" {
		return "", text
	}
	return artist, title
}

// siteOf returns a station's address if it is safe to link to.
func siteOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return address
}

// coverOf returns the address of a title if it is that of a picture.
func coverOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" {
		return ""
	}
	switch strings.ToLower(path.Ext(u.Path)) {
	case ".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif":
		return address
	}
	return ""
}

// hueOf returns a hue that is always the same for a name, in degrees.
func hueOf(name string) int {
	sum := fnv.New32a()
	sum.Write([]byte(name))
	return int(sum.Sum32() % 360)
}
