package api

import (
	"net/http"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/history"
	"relay/ingest"
	"relay/journal"
	"relay/mounts"
	"relay/recordings"
	"relay/settings"
)

// Music is what plays from disk. The errors are sentences for the operator.
type Music interface {
	Skip(mount string) error
	Queue(mount, file string) error
	Coming(mount string) ([]mounts.Coming, error)
	ClearQueue(mount string) error
}

// Handlers answers the requests of the API.
type Handlers struct {
	Conf     *conf.Live
	Registry *mounts.Registry
	Gate     *auth.Gate
	Sessions *auth.Sessions
	Events   *Events // whose Run is the caller's to run
	Log      *zap.Logger
	Started  time.Time

	// Connections counts those that are open now, but for listeners, and all
	// that were accepted since the start.
	Connections func() (open, accepted int64)

	// HangUp ends the connection of a request at once, whatever is being sent.
	HangUp func(*http.Request)
	// Stays takes a request out of those that are bounded because each is over
	// soon. Of its head the request keeps the named fields.
	Stays func(r *http.Request, fields ...string)

	// ClockDoubt, if set, tells by how much the clock is not believed where files are
	// deleted for their age.
	ClockDoubt func() time.Duration

	Music      Music
	Recordings *recordings.Recorder
	Settings   *settings.Settings
	History    *history.Store // nil: none is kept
	Refusals   *ingest.Refusals
	Tail       *journal.Tail
	Journal    *journal.Journal // nil: none is kept

	// SetFallbacks replaces the fallbacks of a mount until it ends. The error
	// is a sentence for the operator.
	SetFallbacks func(mount string, list []string) error

	downloads atomic.Int64 // of recordings, under way
}
