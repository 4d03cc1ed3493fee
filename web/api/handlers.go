package api

import (
	"net/http"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/conf/live"
	"relay/history"
	"relay/ingest"
	"relay/internal/accesslog"
	"relay/internal/clock"
	"relay/internal/logtail"
	"relay/mounts"
	"relay/recordings"
)

// Music controls the music that mounts play from disk. The errors are sentences for
// the operator.
type Music interface {
	Skip(mount string) error
	Queue(mount, file string) error
	Coming(mount string) ([]mounts.Coming, error)
	Unplayable(mount string) ([]mounts.Unplayable, error)
	ClearQueue(mount string) error
}

// Traffic is the connections of clients.
type Traffic interface {
	Open() int64     // now, other than those of listeners
	Accepted() int64 // since the start

	// HangUp closes the connection of a request at once, even during a write.
	HangUp(*http.Request)
	// KeepOpen exempts a request from the limit on requests that are expected to end
	// soon. It frees the request's head except for the named fields.
	KeepOpen(r *http.Request, fields ...string)
}

// Handlers answers the requests of the API.
type Handlers struct {
	Conf     *conf.Live
	Registry *mounts.Registry
	Gate     *auth.Gate
	Sessions *auth.Sessions
	Events   *Events // the caller calls its Run
	Log      *zap.Logger
	Started  time.Time

	Traffic Traffic
	Clock   *clock.Clock

	Music      Music
	Recordings *recordings.Recorder
	Settings   *live.Configuration
	History    *history.Store // nil: no history is kept
	Refusals   *ingest.Refusals
	Tail       *logtail.Tail
	AccessLog  *accesslog.Logs // nil: no access log is kept

	// Fallbacks replaces the fallbacks of a mount until the mount ends. The error is a
	// sentence for the operator.
	Fallbacks interface {
		Set(mount string, list []string) error
	}

	downloads atomic.Int64 // of recordings, under way
}
