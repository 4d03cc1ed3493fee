package admin

import (
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"

	"relay/icy"
	"relay/mounts"
	"relay/version"
)

// Traffic counts connections. Whoever accepts and serves them keeps it up.
type Traffic struct {
	Open     atomic.Int64 // connections now, other than those of listeners
	Accepted atomic.Int64 // since the start, as all that follow
	Requests atomic.Int64 // heads that were understood
	Files    atomic.Int64 // requests that were no stream and no command
	Stats    atomic.Int64 // STATS requests that were let in
	Watching atomic.Int64 // of these, how many still watch
}

// stats tells everything there is to know (wire/admin-stats.txt); with a mount
// only of that one.
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

// serverFacts are the facts of the server as a whole, by name.
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
		number("client_connections", h.Traffic.Requests.Load()),
		number("clients", h.Traffic.Open.Load()+int64(listeners)),
		number("connections", h.Traffic.Accepted.Load()),
		number("file_connections", h.Traffic.Files.Load()),
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
		number("stats", h.Traffic.Watching.Load()),
		number("stats_connections", h.Traffic.Stats.Load()),
	}
}

// mountFacts are the facts of one mount, by name. Bit and sample rates are
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
	return slices.Concat(
		given("audio_info", s.AudioInfo()),
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
			text("server_type", "audio/mpeg"),
		},
		given("server_url", s.Station.URL),
		[]element{number("slow_listeners", s.Slow)},
		given("source_ip", s.SourceAddr),
		[]element{
			text("stream_start", s.Since.Format(icecastTime)),
			text("stream_start_iso8601", s.Since.Format(icecastISO8601)),
		},
		given("title", s.Title.Text),
		[]element{
			number("total_bytes_read", s.Received),
			number("total_bytes_sent", s.Sent),
		},
		given("user_agent", s.Station.Agent),
	)
}

// listenURL is the address of a mount as statistics print it: readers take the
// mount's name from its path.
func (h *Handlers) listenURL(mount string) string {
	return h.Conf.Config().BaseURL() + (&url.URL{Path: mount}).EscapedPath()
}
