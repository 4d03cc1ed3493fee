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

	"relay/mounts"
)

// A card is a mount as listeners see it.
type card struct {
	Name    string // of the mount
	Path    string // of the stream, escaped
	Station string
	Site    string // of the station; empty: none
	About   string
	State   string // as in the API
	Word    string // for State
	Artist  string
	Title   string
	Cover   string // address of a picture; empty: none
	Hue     int    // degrees, of the picture there is without a cover
	Letter  string // on that picture
	Rate    string
	Counted bool // Listeners may be shown
	Count   int
	Earlier []played // newest first
}

// played is a title of the past.
type played struct {
	Text string
	At   time.Time
}

// newCard returns the card of a mount that is there.
func newCard(m *mounts.Mount, counted bool) card {
	s := m.Status()
	c := silentCard(s.Name, s.Station.Name)
	c.State, c.Word = s.Input, stateWord(s.Input)
	c.About, c.Site = s.Station.Description, siteOf(s.Station.URL)
	c.Artist, c.Title = splitTitle(s.Title.Text)
	c.Cover = coverOf(s.Title.URL)
	c.Counted, c.Count = counted, s.Listeners
	if s.BitRate > 0 {
		c.Rate = fmt.Sprintf("%d kbit/s MP3", s.BitRate)
	}
	for _, t := range slices.Backward(s.History) {
		if len(c.Earlier) > 0 || t.Text != s.Title.Text {
			c.Earlier = append(c.Earlier, played{t.Text, t.Since})
		}
	}
	return c
}

// silentCard returns the card of a mount that is not there.
func silentCard(name, station string) card {
	c := card{Name: name, Path: (&url.URL{Path: name}).EscapedPath(), State: "waiting", Word: stateWord("waiting"), Rate: "MP3"}
	c.Station = cmp.Or(station, strings.TrimPrefix(name, "/"))
	c.Hue = hueOf(name)
	for _, first := range c.Station {
		c.Letter = strings.ToUpper(string(first))
		break
	}
	return c
}

// stateWord says what a state means to a listener.
func stateWord(state string) string {
	switch state {
	case "live", "relay", "rendition":
		return "Live"
	case "fallback", "files":
		return "Music"
	case "silence":
		return "Silence"
	}
	return "Back in a moment"
}

// splitTitle takes "Artist - Title" apart, as DJ programs write it.
func splitTitle(text string) (artist, title string) {
	artist, title, found := strings.Cut(text, " - ")
	if !found || artist == "" || title == "" {
		return "", text
	}
	return artist, title
}

// siteOf returns a station's address if a browser may be sent there.
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

// hueOf gives each name a colour of its own that stays.
func hueOf(name string) int {
	sum := fnv.New32a()
	sum.Write([]byte(name))
	return int(sum.Sum32() % 360)
}
