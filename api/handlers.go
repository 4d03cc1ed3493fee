package api

import (
	"os"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
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

// Recordings are the recordings on the disk, by mount.
type Recordings interface {
	Files(mount string) ([]recordings.File, error)
	Open(mount, name string) (*os.File, error)
}

// Handlers answers the requests of the API.
type Handlers struct {
	Conf     *conf.Live
	Registry *mounts.Registry
	Gate     *auth.Gate
	Sessions *auth.Sessions
	Events   *Events
	Log      *zap.Logger
	Started  time.Time

	// Connections counts those that are open now, but for listeners, and all
	// that were accepted since the start.
	Connections func() (open, accepted int64)

	Music      Music
	Recordings Recordings
	Settings   *settings.Settings

	// SetFallbacks replaces the fallbacks of a mount until it ends. The error
	// is a sentence for the operator.
	SetFallbacks func(mount string, list []string) error
}
