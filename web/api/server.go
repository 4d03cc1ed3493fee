package api

import (
	"net/http"
	"runtime"
	"time"

	"relay/internal/accesslog"
	"relay/internal/version"
	"relay/recordings"
)

// server answers with the state of the server as a whole.
func (h *Handlers) server(c *call) error {
	type limits struct {
		Listeners int `json:"listeners"`
		Sources   int `json:"sources"`
	}
	type totals struct {
		Connections int64 `json:"connections"` // now, listeners not counted
		Accepted    int64 `json:"accepted"`    // since the start, like all that follow
		Listeners   int   `json:"listeners"`   // now
		Joins       int64 `json:"joins"`
		Sources     int64 `json:"sources"`
		Relays      int64 `json:"relays"`
	}
	type configuration struct {
		File          string    `json:"file"` // empty: there is none
		Loaded        time.Time `json:"loaded"`
		RestartNeeded []string  `json:"restart_needed"` // keys that wait for the next start
	}
	type past struct {
		Kept    bool   `json:"kept"`
		File    string `json:"file"`    // empty: in memory
		Trouble string `json:"trouble"` // empty: no fault
	}
	type recorded struct {
		Troubles []recordings.Trouble `json:"troubles"` // mounts that cannot be recorded now
	}
	var answer struct {
		Name      string    `json:"name"`
		Version   string    `json:"version"`
		Started   time.Time `json:"started"`
		Uptime    float64   `json:"uptime"` // seconds
		GoVersion string    `json:"go_version"`
		Limits    limits    `json:"limits"`
		Totals    totals    `json:"totals"`

		MemoryShort bool    `json:"memory_short"`
		ClockDoubt  float64 `json:"clock_doubt"` // seconds

		History     past           `json:"history"`
		Recordings  recorded       `json:"recordings"`
		AccessLog   accesslog.File `json:"access_log"`
		PlaylistLog accesslog.File `json:"playlist_log"`
		Config      configuration  `json:"config"`
	}
	answer.Name, answer.Version, answer.GoVersion = "relay", version.Number, runtime.Version()
	answer.Started, answer.Uptime = h.Started, inSeconds(time.Since(h.Started))
	config := h.Conf.Config()
	answer.Limits = limits{config.Limits.Listeners, config.Limits.Sources}
	counts := &h.Registry.Counts
	answer.Totals = totals{
		Listeners: h.Registry.Listeners(), Joins: counts.Listeners.Load(),
		Sources: counts.Sources.Load(), Relays: counts.Relays.Load(),
	}
	answer.Totals.Connections, answer.Totals.Accepted = h.Traffic.Open(), h.Traffic.Accepted()
	answer.MemoryShort = h.Registry.ShortOfMemory()
	answer.ClockDoubt = inSeconds(h.Clock.Doubt())
	answer.History = past{h.History.Kept(), h.History.File(), h.History.Trouble()}
	answer.Recordings.Troubles = h.Recordings.Troubles()
	answer.AccessLog, answer.PlaylistLog = h.AccessLog.Files()
	answer.Config = configuration{h.Settings.File(), h.Settings.Loaded(), append([]string{}, h.Settings.RestartNeeded()...)}
	return c.answer(http.StatusOK, answer)
}

// inSeconds returns d in seconds, rounded to milliseconds to avoid the noise of
// Duration.Seconds.
func inSeconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
