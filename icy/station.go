package icy

import (
	"net/http"
	"strconv"
	"strings"
)

// Station is a source's description of its programme: the ice-* header lines, or the
// icy-* lines of SHOUTcast sources. All text is UTF-8; the zero value means that
// nothing was sent.
type Station struct {
	Name        string
	Description string
	Genre       string
	URL         string
	Public      bool
	BitRate     int    // kbit/s as the source claims; 0: not sent
	AudioInfo   string // ice-audio-info as it was sent
	Agent       string // User-Agent
	Type        string // Content-Type as it was sent
}

// StationFromHeader reads the header lines of a source. charset is that of the mount,
// see Text. Each station word is cut to MaxWord, an address longer than that is left
// out, and placeholders count as empty. The result does not keep the head alive.
func StationFromHeader(h http.Header, charset string) Station {
	whole := func(name string) string {
		for _, prefix := range []string{"Ice-", "Icy-"} {
			if v := h.Get(prefix + name); !IsPlaceholder(v) {
				return Text(v, "", charset)
			}
		}
		return ""
	}
	field := func(name string) string { return Clip(whole(name), MaxWord) }
	s := Station{
		Name:        field("Name"),
		Description: field("Description"),
		Genre:       field("Genre"),
		URL:         strings.Clone(orNothing(whole("Url"), MaxWord)),
		AudioInfo:   field("Audio-Info"),
		Agent:       Clip(Text(h.Get("User-Agent"), "", charset), MaxAgent),
		Type:        Clip(Text(h.Get("Content-Type"), "", charset), MaxWord),
	}
	for _, name := range []string{"Public", "Pub"} {
		if v := field(name); v != "" {
			s.Public = v == "1" || strings.EqualFold(v, "yes") || strings.EqualFold(v, "true")
			break
		}
	}
	for _, claim := range []string{field("Bitrate"), field("Br"), s.audioInfo("bitrate")} {
		// Some encoders write "128,128" or "Quality 5".
		first, _, _ := strings.Cut(claim, ",")
		if n, err := strconv.Atoi(strings.TrimSpace(first)); err == nil && n > 0 && n < 10000 {
			s.BitRate = n
			break
		}
	}
	return s
}

// audioInfo returns the value of a key in ice-audio-info. Keys come with and without
// "ice-": "ice-bitrate=128;ice-channels=2" or "bitrate=128".
func (s Station) audioInfo(key string) string {
	for pair := range strings.SplitSeq(s.AudioInfo, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if strings.TrimPrefix(strings.ToLower(name), "ice-") == key {
			return Unescape(value)
		}
	}
	return ""
}
