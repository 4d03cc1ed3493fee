package icecast

import (
	"net/url"
	"slices"
	"strconv"

	"relay/icy"
	"relay/internal/netconn"
	"relay/internal/version"
	"relay/mounts"
)

// Traffic counts the connections of clients. All methods but Open count since the
// start.
type Traffic interface {
	Open() int64     // connections now, other than those of listeners
	Accepted() int64 // connections
	Requests() int64 // heads that were understood
	Files() int64    // requests that were no stream and no command
}

// stats returns the facts of the server and of all mounts or, with mount=, of that mount
// (e2e/recorded/admin-stats.txt).
func (h *Handlers) stats(q icy.Query) (element, error) {
	all := group("icestats", h.serverFacts()...)
	for _, m := range h.Registry.List() {
		if q["mount"] == "" || q["mount"] == m.Name {
			all.Below = append(all.Below, ofMount(m.Name, h.mountFacts(m.Status())...))
		}
	}
	if q["mount"] != "" && h.Registry.Find(q["mount"]) == nil {
		return element{}, errNoSource
	}
	return all, nil
}

// serverFacts returns the facts of the server as a whole, sorted by name.
func (h *Handlers) serverFacts() []element {
	sources := 0
	for _, m := range h.Registry.List() {
		if m.Playing() {
			sources++
		}
	}
	listeners := h.Registry.Listeners()
	counts := &h.Registry.Counts
	clients, relays := counts.Sources.Load(), counts.Relays.Load()
	return []element{
		text("admin", h.Conf.Config().Server.AdminEmail),
		number("client_connections", h.Traffic.Requests()),
		number("clients", h.Traffic.Open()+int64(listeners)),
		number("connections", h.Traffic.Accepted()),
		number("file_connections", h.Traffic.Files()),
		text("host", h.Conf.Config().Server.Hostname),
		number("listener_connections", counts.Listeners.Load()),
		number("listeners", listeners),
		text("location", h.Conf.Config().Server.Location),
		text("server_id", version.Server()),
		text("server_start", h.Started.Format(icecastTime)),
		text("server_start_iso8601", h.Started.Format(icecastISO8601)),
		number("source_client_connections", clients),
		number("source_relay_connections", relays),
		number("source_total_connections", clients+relays),
		number("sources", sources),
		number("stats", h.watching.Load()),
		number("stats_connections", h.watched.Load()),
	}
}

// mountFacts returns the facts of a mount, sorted by name. Bit rate and sample rate are
// measured.
func (h *Handlers) mountFacts(s mounts.Status) []element {
	maxListeners := "unlimited"
	if s.MaxListeners > 0 {
		maxListeners = strconv.Itoa(s.MaxListeners)
	}
	public := 0
	if s.Station.Public {
		public = 1
	}
	measured := func(name string, value int) []element {
		if value == 0 {
			return nil
		}
		return []element{number(name, value)}
	}
	o := oggFacts(s)
	return slices.Concat(
		given("artist", o.artist),
		measured("audio_bitrate", o.bitRate),
		measured("audio_channels", o.channels),
		given("audio_info", s.AudioInfo()),
		measured("audio_samplerate", o.sampleRate),
		measured("bitrate", s.BitRate),
		[]element{text("genre", orElse(s.Station.Genre, "various"))},
		measured("ice-bitrate", s.BitRate),
		measured("ice-channels", s.Channels),
		measured("ice-samplerate", s.SampleRate),
		[]element{
			number("listener_peak", s.Peak),
			number("listeners", s.Listeners),
			text("listenurl", h.listenURL(s.Name)),
			text("max_listeners", maxListeners),
			number("public", public),
			text("server_description", orElse(s.Station.Description, "Unspecified description")),
			text("server_name", orElse(s.Station.Name, "Unspecified name")),
			text("server_type", s.Type),
		},
		given("server_url", s.Station.URL),
		[]element{number("slow_listeners", s.Slow)},
		given("source_ip", netconn.Text(s.SourceAddr)),
		[]element{
			text("stream_start", s.Since.Format(icecastTime)),
			text("stream_start_iso8601", s.Since.Format(icecastISO8601)),
		},
		given("subtype", o.subtype),
		given("title", o.title),
		[]element{
			number("total_bytes_read", s.Received),
			number("total_bytes_sent", s.Sent),
		},
		given("user_agent", s.Station.Agent),
	)
}

// listenURL returns the address of a mount. Readers of the statistics take the mount's
// name from its path.
func (h *Handlers) listenURL(mount string) string {
	return h.Conf.Config().BaseURL() + (&url.URL{Path: mount}).EscapedPath()
}
