package metrics

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"relay/internal/version"
	"relay/mounts"
)

// collector reads the registry of mounts at each scrape, so nothing is counted
// twice. A mount has series for as long as it exists. A mount that is declared, or
// that a relay or an encoder feeds, always has them, since no alert fires on a
// series that has vanished. The counters of a mount that comes back continue.
type collector struct {
	*Server
	hidden bool // with hidden mounts
}

func metric(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("relay_"+name, help, labels, nil)
}

var (
	buildInfo          = metric("build_info", "Which relay this is; always 1.", "version")
	listenersNow       = metric("listeners", "Listeners now.")
	listenersMost      = metric("listeners_limit", "Listeners the server takes at once.")
	listenerJoins      = metric("listener_joins_total", "Listeners that were admitted.")
	sourceConnects     = metric("source_connections_total", "Source clients that were given a mount.")
	relayConnects      = metric("relay_connections_total", "Streams that were pulled from other servers.")
	hookAnswers        = metric("hook_answers_total", "Questions to the web servers that decide about logins, by answer: yes, no, redirect, or none.", "answer")
	connectionsNow     = metric("connections", "Connections now, other than those of listeners.")
	connectionsAll     = metric("connections_total", "Connections that were accepted.")
	mountListeners     = metric("mount_listeners", "Listeners of a mount now.", "mount")
	mountListenersVia  = metric("mount_listeners_via", "Listeners of a mount now, by the way in which they listen: stream or hls.", "mount", "via")
	mountListenersMost = metric("mount_listeners_limit", "Listeners a mount takes at once; absent without a limit.", "mount")
	mountReceived      = metric("mount_received_bytes_total", "Audio that a mount has played.", "mount")
	mountSent          = metric("mount_sent_bytes_total", "What was sent to the listeners of a mount.", "mount")
	mountSkips         = metric("mount_lag_skips_total", "How often a listener fell behind and was moved forward.", "mount")
	mountSlow          = metric("mount_slow_listeners_total", "Listeners that were dropped because they took too little.", "mount")
	mountInput         = metric("mount_input", "1 for what a mount plays: live, relay, rendition, fallback, files, silence; or for waiting or asleep, when it plays nothing.", "mount", "input")
	mountOnFallback    = metric("mount_on_fallback", "1 while a mount plays a fallback, or music from disk in place of a source or relay that is expected.", "mount")
	mountSince         = metric("mount_input_start_timestamp_seconds", "When the input on the air took it; 0: nothing plays.", "mount")
	mountJoins         = metric("mount_listener_joins_total", "Listeners that came to a mount, moved ones included.", "mount")
	mountLeaves        = metric("mount_listener_leaves_total", "Listeners that left a mount, by reason.", "mount", "reason")
	mountSources       = metric("mount_sources_total", "Source clients that a mount was given.", "mount")
	mountReconnects    = metric("mount_source_reconnects_total", "Sources that came back to a mount within its grace, or took it over.", "mount")
	mountGaps          = metric("mount_source_gaps_total", "How often a source sent nothing for more than a second although it was due.", "mount")
	mountMissing       = metric("mount_source_missing_seconds_total", "How long those gaps were.", "mount")
	mountResyncs       = metric("mount_source_resyncs_total", "How often the stream of frames or pages was lost within what sources sent.", "mount")
	mountGarbage       = metric("mount_source_garbage_bytes_total", "What sources sent that is no audio, tag or header.", "mount")
	mountJitter        = metric("mount_source_jitter_seconds", "How unevenly the audio of the source comes; 0 without one.", "mount")
	mountArriving      = metric("mount_source_bytes_per_second", "How much audio the source sent in the last ten seconds, a second; 0 without one.", "mount")
	mountTooSlow       = metric("mount_source_too_slow", "1 while the source sends less audio than is played: listeners hear gaps.", "mount")
	mountLead          = metric("mount_lead_seconds", "How much audio a listener holds if it joined with a whole burst.", "mount")
	mountDebt          = metric("mount_debt_seconds", "Audio that breaks have cost listeners and that is still to be paid.", "mount")
	mountPaid          = metric("mount_paid_seconds_total", "How the mount made up for breaks and surplus audio: at once, at splice, in pauses, left out, repeated.", "mount", "how")
	mountHeld          = metric("mount_source_held_seconds_total", "How long sources that were ahead of their audio were held back.", "mount")
	mountSampleRate    = metric("mount_sample_rate_hertz", "Sample rate that all audio of a mount has; 0: not decided yet.", "mount")
	mountCodec         = metric("mount_codec", "Always 1; the label codec names the codec that all audio of a mount has; unknown: not decided yet.", "mount", "codec")
	mountChannels      = metric("mount_channels", "Channels that all audio of a mount has; 0: not decided yet.", "mount")
	mountConverted     = metric("mount_inputs_converted", "Inputs of a mount whose audio is brought to its format.", "mount")
	mountUnconverted   = metric("mount_inputs_unconverted", "Inputs of a mount whose audio should be brought to its format and is not: ffmpeg is missing or fails.", "mount")
	mountBitRate       = metric("mount_stream_bytes_per_second", "Rate of the stream as measured: an eighth of the bit rate; 0: nothing plays.", "mount")
)

// inputs lists the values of the label input. Each mount has a series for each, so
// that a series goes to 0 and does not vanish.
var inputs = func() (names []string) {
	for kind := mounts.LiveSource; kind <= mounts.Silent; kind++ {
		names = append(names, kind.String())
	}
	return append(names, mounts.Waiting, mounts.Asleep)
}()

// Describe sends nothing, which makes the collector an unchecked one: its series
// depend on the mounts.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the series of the server, then those of each mount by name.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	put := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, value, labels...)
	}
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	put(buildInfo, gauge, 1, version.Server())
	put(listenersNow, gauge, float64(c.Registry.Listeners()))
	put(listenersMost, gauge, float64(c.Registry.MaxListeners()))
	counts := &c.Registry.Counts
	put(listenerJoins, counter, float64(counts.Listeners.Load()))
	put(sourceConnects, counter, float64(counts.Sources.Load()))
	put(relayConnects, counter, float64(counts.Relays.Load()))
	yes, no, redirect, none := c.Gate.HookAnswers()
	put(hookAnswers, counter, float64(yes), "yes")
	put(hookAnswers, counter, float64(no), "no")
	put(hookAnswers, counter, float64(redirect), "redirect")
	put(hookAnswers, counter, float64(none), "none")
	open, accepted := c.Traffic.Open(), c.Traffic.Accepted()
	put(connectionsNow, gauge, float64(open))
	put(connectionsAll, counter, float64(accepted))
	for _, name := range c.watched() {
		if c.Conf.Config().Mount(name).Hidden && !c.hidden {
			continue
		}
		s := mounts.Status{Programme: mounts.Programme{Input: c.Registry.AbsentState(name)}}
		declared := c.Conf.Config().Mount(name)
		s.MaxListeners = declared.MaxListeners
		s.Format = mounts.ConfiguredFormat(c.Conf.Config(), name)
		totals := c.Registry.Totals(name)
		if m := c.Registry.Find(name); m != nil {
			s, totals = m.Status(), m.Totals()
		}
		put(mountListeners, gauge, float64(s.Listeners), name)
		for way, n := range s.Via {
			put(mountListenersVia, gauge, float64(n), name, mounts.Via(way).String())
		}
		if s.MaxListeners > 0 {
			put(mountListenersMost, gauge, float64(s.MaxListeners), name)
		}
		put(mountReceived, counter, float64(totals.Received), name)
		put(mountSent, counter, float64(totals.Sent), name)
		put(mountSkips, counter, float64(totals.Skips), name)
		put(mountSlow, counter, float64(totals.Slow), name)
		put(mountJoins, counter, float64(totals.Joins), name)
		for reason, n := range totals.Leaves {
			put(mountLeaves, counter, float64(n), name, reason)
		}
		put(mountSources, counter, float64(totals.Sources), name)
		put(mountReconnects, counter, float64(totals.Reconnects), name)
		put(mountGaps, counter, float64(totals.Gaps), name)
		put(mountMissing, counter, float64(totals.Missing)/float64(time.Second), name)
		put(mountResyncs, counter, float64(totals.Resyncs), name)
		put(mountGarbage, counter, float64(totals.Garbage), name)
		put(mountLead, gauge, s.Lead.Seconds, name)
		put(mountDebt, gauge, s.Lead.Debt, name)
		for how, length := range totals.Paid {
			put(mountPaid, counter, length.Seconds(), name, string(how))
		}
		put(mountHeld, counter, totals.Held.Seconds(), name)
		codec := "unknown"
		if s.Format.Codec != nil {
			codec = s.Format.Codec.Key()
		}
		put(mountCodec, gauge, 1, name, codec)
		put(mountSampleRate, gauge, float64(s.Format.SampleRate), name)
		put(mountChannels, gauge, float64(s.Format.Channels), name)
		put(mountConverted, gauge, float64(s.Converted), name)
		put(mountUnconverted, gauge, float64(s.Unconverted), name)
		arriving, jitter, tooSlow := 0.0, 0.0, false
		if r := s.Reception; r != nil {
			arriving, jitter, tooSlow = float64(r.BitRate)*1000/8, r.Jitter/1000, r.TooSlow
		}
		put(mountArriving, gauge, arriving, name)
		put(mountJitter, gauge, jitter, name)
		put(mountTooSlow, gauge, one(tooSlow), name)
		since, rate := 0.0, 0.0
		if s.Sounds() {
			since, rate = float64(s.Since.Unix()), float64(s.BitRate)*1000/8
		}
		put(mountSince, gauge, since, name)
		put(mountBitRate, gauge, rate, name)
		for _, input := range inputs {
			put(mountInput, gauge, one(input == s.Input), name, input)
		}
		put(mountOnFallback, gauge, one(s.OnFallback), name)
	}
}

// watched returns the mounts that have series, sorted: those that exist, those that
// are declared by name, and those that a relay or an encoder feeds when it has a
// stream.
func (c *collector) watched() []string {
	names := c.Registry.Promised()
	for _, m := range c.Registry.List() {
		names = append(names, m.Name)
	}
	for _, declared := range c.Conf.Config().Mounts {
		if !declared.IsPattern() {
			names = append(names, declared.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// one returns 1 for true and 0 for false.
func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
