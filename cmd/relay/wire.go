package main

import (
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf/live"
	"relay/history"
	"relay/ingest"
	"relay/ingest/autodj"
	"relay/ingest/encode"
	"relay/ingest/feed"
	"relay/internal/accesslog"
	"relay/internal/certificates"
	"relay/internal/clock"
	"relay/internal/logging"
	"relay/internal/logtail"
	"relay/internal/memory"
	"relay/listeners"
	"relay/listeners/hls"
	"relay/mounts"
	"relay/recordings"
	"relay/rewind"
	"relay/server"
	"relay/web/api"
	"relay/web/icecast"
	"relay/web/metrics"
	"relay/web/pages"
)

// logs are the program's own log, and its last lines in memory.
type logs struct {
	lines *logging.Log
	tail  *logtail.Tail
	log   *zap.Logger
}

// wired is the program with all parts connected, not running yet.
type wired struct {
	registry  *mounts.Registry
	music     *autodj.AutoDJ
	converter *encode.Converter
	server    *server.Server
}

// wire connects the parts of the program. Nothing runs yet. rounds is the folder in
// which AutoDJ keeps what it has played; empty: none.
func wire(config *live.Configuration, rounds string, certs *certificates.Store, own logs) wired {
	c, log := config.Live, own.log
	gate := auth.NewGate(c, log)
	dayClock, memoryWatch := clock.New(log), memory.NewWatch(log)
	capacity, traffic := server.NewCapacity(c, memoryWatch, log), &server.Traffic{}

	registry := mounts.NewRegistry(c, capacity, log)
	converter := encode.NewConverter(log)
	registry.ConvertWith(converter)
	access := accesslog.New(c.Config().Log, log)
	past := history.New(c.Config().History, present{registry}, dayClock, log)
	registry.Observe(chronicle{past, access})

	music := autodj.New(registry, converter, rounds, log)
	fallbacks := feed.NewFallbacks(registry, c, log)
	sources := &ingest.Sources{Registry: registry, Gate: gate, Log: log, AccessLog: access, Refusals: ingest.NewRefusals(), Conf: c}
	writers := listeners.NewWriters(c, gate, access, log)
	recorder := recordings.NewRecorder(registry, c, dayClock, log)
	keeper := rewind.NewKeeper(registry, c, dayClock, log)
	writers.Past = keptPast{keeper}

	sessions, started := auth.NewSessions(gate), time.Now()
	measured := metrics.Server{Conf: c, Registry: registry, Gate: gate, Traffic: traffic}
	return wired{registry, music, converter, server.New(server.Parts{
		Conf: c, Log: log, Registry: registry, Gate: gate, Capacity: capacity, Traffic: traffic,
		Sources: sources, Fallbacks: fallbacks, Writers: writers, HLS: hls.NewHub(registry, c, gate, access, log), Recorder: recorder, Rewind: keeper,
		AccessLog: access, History: past, Clock: dayClock, Memory: memoryWatch, Certificates: certs,
		Icecast: &icecast.Handlers{
			Conf: c, Registry: registry, Gate: gate, Log: log, Started: started, Traffic: traffic,
			Music: music, Fallbacks: fallbacks,
		},
		API: &api.Handlers{
			Conf: c, Registry: registry, Gate: gate, Log: log, Started: started, Traffic: traffic,
			Music: music, Fallbacks: fallbacks, Sessions: sessions, Events: api.NewEvents(registry, c, own.tail, capacity),
			Recordings: recorder, Settings: config, History: past, Refusals: sources.Refusals,
			Tail: own.tail, AccessLog: access, Clock: dayClock,
		},
		Pages:   &pages.Handlers{Conf: c, Registry: registry, Gate: gate, Sessions: sessions, Log: log},
		Metrics: measured.Handler(writers, memoryWatch, dayClock, certs, past, access, recorder, keeper, converter, own.lines),
	})}
}

// keptPast lets listeners hear what the rewind keeps.
type keptPast struct{ *rewind.Keeper }

func (k keptPast) From(mount string, t time.Time) listeners.Kept {
	if store := k.Past(mount); store != nil {
		return store.From(t)
	}
	return nil
}
