package server

import (
	"io"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relay/auth"
	"relay/conf/live"
	"relay/history"
	"relay/ingest"
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
	"relay/web/api"
	"relay/web/icecast"
	"relay/web/metrics"
	"relay/web/pages"
)

// partsFor returns the parts of a server with a configuration, without music. certs may
// be nil.
func partsFor(config *live.Configuration, certs *certificates.Store) Parts {
	c, log := config.Live, zap.NewNop()
	gate, dayClock, memoryWatch, traffic := auth.NewGate(c, log), clock.New(log), memory.NewWatch(log), &Traffic{}
	capacity, tail := NewCapacity(c, memoryWatch, log), logtail.New(zap.InfoLevel, 10)
	registry := mounts.NewRegistry(c, capacity, log)
	access, past := accesslog.New(c.Config().Log, log), history.New(c.Config().History, nil, dayClock, log)
	fallbacks, recorder := feed.NewFallbacks(registry, c, log), recordings.NewRecorder(registry, c, dayClock, log)
	sources := &ingest.Sources{Registry: registry, Gate: gate, Log: log, AccessLog: access, Refusals: ingest.NewRefusals(), Conf: c}
	writers, keeper := listeners.NewWriters(c, gate, access, log), rewind.NewKeeper(registry, c, dayClock, log)
	sessions, started := auth.NewSessions(gate), time.Now()
	own := logging.New(io.Discard, zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zap.InfoLevel)
	measured := metrics.Server{Conf: c, Registry: registry, Gate: gate, Traffic: traffic}
	return Parts{
		Conf: c, Log: log, Registry: registry, Gate: gate, Capacity: capacity, Traffic: traffic,
		Sources: sources, Fallbacks: fallbacks, Writers: writers, HLS: hls.NewHub(registry, c, gate, access, log), Recorder: recorder, Rewind: keeper,
		AccessLog: access, History: past, Clock: dayClock, Memory: memoryWatch, Certificates: certs,
		Icecast: &icecast.Handlers{
			Conf: c, Registry: registry, Gate: gate, Log: log, Started: started, Traffic: traffic, Fallbacks: fallbacks,
		},
		API: &api.Handlers{
			Conf: c, Registry: registry, Gate: gate, Log: log, Started: started, Traffic: traffic, Fallbacks: fallbacks,
			Sessions: sessions, Events: api.NewEvents(registry, c, tail, capacity), Recordings: recorder,
			Settings: config, History: past, Refusals: sources.Refusals, Tail: tail, AccessLog: access, Clock: dayClock,
		},
		Pages:   &pages.Handlers{Conf: c, Registry: registry, Gate: gate, Sessions: sessions, Log: log},
		Metrics: measured.Handler(writers, memoryWatch, dayClock, certs, past, access, recorder, keeper, encode.NewConverter(log), own),
	}
}
