package admin

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"relay/mounts"
	"relay/version"
)

// Metrics answers /metrics for Prometheus: what the server and its mounts do,
// what others collect, and the Go runtime. Whoever has no operator's login is
// not shown the mounts that are hidden.
func (h *Handlers) Metrics(others ...prometheus.Collector) http.Handler {
	handler := func(hidden bool) http.Handler {
		all := prometheus.NewRegistry()
		all.MustRegister(
			collectors.NewGoCollector(),
			collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
			&collector{h, hidden},
		)
		all.MustRegister(others...)
		return promhttp.HandlerFor(all, promhttp.HandlerOpts{})
	}
	open, operators := handler(false), handler(true)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.Gate.Admin(r) == nil {
			operators.ServeHTTP(w, r)
			return
		}
		open.ServeHTTP(w, r)
	})
}

// collector reads the registry of mounts whenever it is asked: nothing is
// counted twice. The series of a mount are there as long as it is; its counters
// go on where they stood when it comes back. A mount that is declared by name
// waits when it is not there, so that somebody can be told.
type collector struct {
	*Handlers
	hidden bool // hidden mounts too
}

func metric(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("relay_"+name, help, labels, nil)
}

var (
	buildInfo          = metric("build_info", "Which relay this is; always 1.", "version")
	listenersNow       = metric("listeners", "Listeners now.")
	listenersMost      = metric("listeners_limit", "Listeners the server takes at once.")
	listenerJoins      = metric("listener_joins_total", "Listeners who were let in.")
	sourceConnects     = metric("source_connections_total", "Source clients that were given a mount.")
	relayConnects      = metric("relay_connections_total", "Streams that were pulled from other servers.")
	hookAnswers        = metric("hook_answers_total", "Questions to the web servers that decide about logins, by answer: yes, no, or none.", "answer")
	connectionsNow     = metric("connections", "Connections now, other than those of listeners.")
	connectionsAll     = metric("connections_total", "Connections that were accepted.")
	mountListeners     = metric("mount_listeners", "Listeners of a mount now.", "mount")
	mountListenersMost = metric("mount_listeners_limit", "Listeners a mount takes at once; absent without a limit.", "mount")
	mountReceived      = metric("mount_received_bytes_total", "Audio that a mount has played.", "mount")
	mountSent          = metric("mount_sent_bytes_total", "What was sent to the listeners of a mount.", "mount")
	mountSkips         = metric("mount_lag_skips_total", "How often a listener fell behind and was moved forward.", "mount")
	mountSlow          = metric("mount_slow_listeners_total", "Listeners who were dropped because they took too little.", "mount")
	mountInput         = metric("mount_input", "1 for what a mount plays: live, relay, rendition, fallback, files, silence, or waiting.", "mount", "input")
	mountSince         = metric("mount_input_start_timestamp_seconds", "When the input on the air was connected.", "mount")
	mountJoins         = metric("mount_listener_joins_total", "Listeners who came to a mount, by moving as well.", "mount")
	mountLeaves        = metric("mount_listener_leaves_total", "Listeners who went from a mount, by reason.", "mount", "reason")
	mountSources       = metric("mount_sources_total", "Source clients that a mount was given.", "mount")
	mountReconnects    = metric("mount_source_reconnects_total", "Sources that came back to a mount within its grace, or took it over.", "mount")
	mountGaps          = metric("mount_source_gaps_total", "How often a source sent nothing for more than a second although it was due.", "mount")
	mountMissing       = metric("mount_source_missing_seconds_total", "How long those gaps were.", "mount")
	mountResyncs       = metric("mount_source_resyncs_total", "How often the stream of frames was lost within what sources sent.", "mount")
	mountGarbage       = metric("mount_source_garbage_bytes_total", "What sources sent that is no MP3.", "mount")
	mountJitter        = metric("mount_source_jitter_seconds", "How unevenly the audio of the source comes; absent without one.", "mount")
	mountBitRate       = metric("mount_stream_bytes_per_second", "Rate of the stream as measured: an eighth of the bit rate.", "mount")
)

// inputs is all that a mount may play, so that a series ends at 0 and does not
// vanish.
var inputs = func() (names []string) {
	for kind := mounts.Live; kind <= mounts.Silent; kind++ {
		names = append(names, kind.String())
	}
	return append(names, waiting)
}()

// waiting is the input of a mount that plays nothing, as mounts.Programme has it.
const waiting = "waiting"

// Describe says nothing: which series there are depends on the mounts.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

func (c *collector) Collect(to chan<- prometheus.Metric) {
	put := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, value, labels...)
	}
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	put(buildInfo, gauge, 1, version.Server())
	put(listenersNow, gauge, float64(c.Registry.Listeners()))
	put(listenersMost, gauge, float64(c.Registry.MostListeners()))
	counts := &c.Registry.Counts
	put(listenerJoins, counter, float64(counts.Listeners.Load()))
	put(sourceConnects, counter, float64(counts.Sources.Load()))
	put(relayConnects, counter, float64(counts.Relays.Load()))
	yes, no, none := c.Gate.HookAnswers()
	put(hookAnswers, counter, float64(yes), "yes")
	put(hookAnswers, counter, float64(no), "no")
	put(hookAnswers, counter, float64(none), "none")
	put(connectionsNow, gauge, float64(c.Traffic.Open.Load()))
	put(connectionsAll, counter, float64(c.Traffic.Accepted.Load()))
	putInput := func(mount, on string) {
		for _, input := range inputs {
			value := 0.0
			if input == on {
				value = 1
			}
			put(mountInput, gauge, value, mount, input)
		}
	}
	there := map[string]bool{}
	for _, m := range c.Registry.List() {
		there[m.Name] = true
		if m.Config().Hidden && !c.hidden {
			continue
		}
		s, totals := m.Status(), m.Totals()
		put(mountListeners, gauge, float64(s.Listeners), s.Name)
		if s.MaxListeners > 0 {
			put(mountListenersMost, gauge, float64(s.MaxListeners), s.Name)
		}
		put(mountReceived, counter, float64(totals.Received), s.Name)
		put(mountSent, counter, float64(totals.Sent), s.Name)
		put(mountSkips, counter, float64(totals.Skips), s.Name)
		put(mountSlow, counter, float64(totals.Slow), s.Name)
		put(mountJoins, counter, float64(totals.Joins), s.Name)
		for reason, n := range totals.Leaves {
			put(mountLeaves, counter, float64(n), s.Name, reason)
		}
		put(mountSources, counter, float64(totals.Sources), s.Name)
		put(mountReconnects, counter, float64(totals.Reconnects), s.Name)
		put(mountGaps, counter, float64(totals.Gaps), s.Name)
		put(mountMissing, counter, totals.Missing.Seconds(), s.Name)
		put(mountResyncs, counter, float64(totals.Resyncs), s.Name)
		put(mountGarbage, counter, float64(totals.Garbage), s.Name)
		if s.Reception != nil {
			put(mountJitter, gauge, s.Reception.Jitter/1000, s.Name)
		}
		put(mountSince, gauge, float64(s.Since.Unix()), s.Name)
		put(mountBitRate, gauge, float64(s.BitRate)*1000/8, s.Name)
		putInput(s.Name, s.Input)
	}
	config := c.Conf.Config()
	for _, declared := range config.Mounts {
		if declared.IsPattern() || there[declared.Name] || config.Mount(declared.Name).Hidden && !c.hidden {
			continue
		}
		putInput(declared.Name, waiting)
	}
}
