package icecast

import (
	"net/http"
	"strings"

	"relay/codec"
	"relay/internal/version"
	"relay/mounts"
)

// Icecast's formats of a time. A widely used exporter parses exactly the second one,
// without a colon in the offset.
const (
	icecastTime    = "Mon, 02 Jan 2006 15:04:05 -0700"
	icecastISO8601 = "2006-01-02T15:04:05-0700"
)

type statusJSON struct {
	Icestats icestatsJSON `json:"icestats"`
}

type icestatsJSON struct {
	Admin              string `json:"admin"`
	Host               string `json:"host"`
	Location           string `json:"location"`
	ServerID           string `json:"server_id"`
	ServerStart        string `json:"server_start"`
	ServerStartISO8601 string `json:"server_start_iso8601"`
	Source             any    `json:"source,omitempty"` // see oneOrMany
}

type sourceJSON struct {
	Artist             string `json:"artist,omitempty"`
	AudioBitRate       int    `json:"audio_bitrate,omitempty"` // bit/s
	AudioChannels      int    `json:"audio_channels,omitempty"`
	AudioInfo          string `json:"audio_info,omitempty"`
	AudioSampleRate    int    `json:"audio_samplerate,omitempty"`
	BitRate            int    `json:"bitrate,omitempty"` // kbit/s, measured
	Genre              string `json:"genre"`
	IceBitRate         int    `json:"ice-bitrate,omitempty"`
	IceChannels        int    `json:"ice-channels,omitempty"`
	IceSampleRate      int    `json:"ice-samplerate,omitempty"`
	ListenerPeak       int    `json:"listener_peak"`
	Listeners          int    `json:"listeners"`
	ListenURL          string `json:"listenurl"`
	ServerDescription  string `json:"server_description"`
	ServerName         string `json:"server_name"`
	ServerType         string `json:"server_type"`
	ServerURL          string `json:"server_url,omitempty"`
	State              string `json:"state"` // as in the API; Icecast has none
	StreamStart        string `json:"stream_start"`
	StreamStartISO8601 string `json:"stream_start_iso8601"`
	Subtype            string `json:"subtype,omitempty"`
	Title              string `json:"title,omitempty"`
}

// StatusJSON answers /status-json.xsl in the shape that widgets, exporters and panels
// read (e2e/recorded/status-json-*.txt). It leaves out two flaws of the recordings:
// "dummy":null, and titles such as 12345 without quotes.
func (h *Handlers) StatusJSON(w http.ResponseWriter, r *http.Request) {
	openToPages(w)
	only := h.query(r.URL.RawQuery)["mount"]
	var sources []sourceJSON
	for _, m := range h.Registry.List() {
		s := m.Status()
		if s.Hidden || (only != "" && s.Name != only) {
			continue
		}
		sources = append(sources, h.sourceJSON(s))
	}
	writeJSON(w, statusJSON{icestatsJSON{
		Admin:              h.Conf.Config().Server.AdminEmail,
		Host:               h.Conf.Config().Server.Hostname,
		Location:           h.Conf.Config().Server.Location,
		ServerID:           version.Server(),
		ServerStart:        h.Started.Format(icecastTime),
		ServerStartISO8601: h.Started.Format(icecastISO8601),
		Source:             oneOrMany(sources),
	}})
}

// oneOrMany keeps Icecast's quirk, on which readers rely: no member without a mount, an
// object for one mount, an array for more.
func oneOrMany(sources []sourceJSON) any {
	switch len(sources) {
	case 0:
		return nil
	case 1:
		return sources[0]
	default:
		return sources
	}
}

func (h *Handlers) sourceJSON(s mounts.Status) sourceJSON {
	o := oggFacts(s)
	return sourceJSON{
		Artist:             o.artist,
		AudioBitRate:       o.bitRate,
		AudioChannels:      o.channels,
		AudioInfo:          s.AudioInfo(),
		AudioSampleRate:    o.sampleRate,
		BitRate:            s.BitRate,
		Genre:              orElse(s.Station.Genre, "various"),
		IceBitRate:         s.BitRate,
		IceChannels:        s.Channels,
		IceSampleRate:      s.SampleRate,
		ListenerPeak:       s.Peak,
		Listeners:          s.Listeners,
		ListenURL:          h.listenURL(s.Name),
		ServerDescription:  orElse(s.Station.Description, "Unspecified description"),
		ServerName:         orElse(s.Station.Name, "Unspecified name"),
		ServerType:         s.Type,
		ServerURL:          s.Station.URL,
		State:              s.Input,
		StreamStart:        s.Since.Format(icecastTime),
		StreamStartISO8601: s.Since.Format(icecastISO8601),
		Subtype:            o.subtype,
		Title:              o.title,
	}
}

// ogg are the facts that Icecast gives in other fields for mounts of Ogg
// (e2e/recorded/status-json-codecs.txt).
type ogg struct {
	subtype, artist, title        string
	bitRate, channels, sampleRate int // bit/s, and Hz
}

// oggFacts returns the facts of a mount of Ogg; for another one the title alone.
func oggFacts(s mounts.Status) ogg {
	if s.Codec == "" || !strings.HasSuffix(s.Type, "/ogg") {
		return ogg{title: s.Title.Text}
	}
	t := codec.TagsOf(s.Title.Text)
	return ogg{s.Codec, t.Artist, t.Title, s.BitRate * 1000, s.Channels, s.SampleRate}
}

// orElse returns s, or standIn if s is empty.
func orElse(s, standIn string) string {
	if s == "" {
		return standIn
	}
	return s
}
