package api

import (
	"net/http"
	"runtime"
	"time"

	"relay/journal"
	"relay/recordings"
	"relay/version"
)

// server tells operators about the server as a whole.
func (h *Handlers) server(c *call) error {
	type limits struct {
		Listeners int `json:"listeners"`
		Sources   int `json:"sources"`
	}
	type totals struct {
		Connections int64 `json:"connections"` // now, other than those of listeners
		Accepted    int64 `json:"accepted"`    // since the start, as all that follow
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
		Trouble string `json:"trouble"` // empty: none
	}
	type recorded struct {
		Troubles []recordings.Trouble `json:"troubles"` // what cannot be recorded now
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

		History     past          `json:"history"`
		Recordings  recorded      `json:"recordings"`
		AccessLog   journal.File  `json:"access_log"`
		PlaylistLog journal.File  `json:"playlist_log"`
		Config      configuration `json:"config"`
	}
	answer.Name, answer.Version, answer.GoVersion = "relay", version.Number, runtime.Version()
	answer.Started, answer.Uptime = h.Started, time.Since(h.Started).Seconds()
	config := h.Conf.Config()
	answer.Limits = limits{config.Limits.Listeners, config.Limits.Sources}
	counts := &h.Registry.Counts
	answer.Totals = totals{
		Listeners: h.Registry.Listeners(), Joins: counts.Listeners.Load(),
		Sources: counts.Sources.Load(), Relays: counts.Relays.Load(),
	}
	answer.Totals.Connections, answer.Totals.Accepted = h.Connections()
	answer.MemoryShort = h.Registry.ShortOfMemory()
	if h.ClockDoubt != nil {
		answer.ClockDoubt = h.ClockDoubt().Seconds()
	}
	answer.History = past{h.History.Kept(), h.History.File(), h.History.Trouble()}
	answer.Recordings.Troubles = h.Recordings.Troubles()
	answer.AccessLog, answer.PlaylistLog = h.Journal.Files()
	answer.Config = configuration{h.Settings.File(), h.Settings.Loaded(), append([]string{}, h.Settings.RestartNeeded()...)}
	return c.answer(http.StatusOK, answer)
}
