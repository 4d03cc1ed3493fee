package api

import (
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/mux"

	"relay/recordings"
)

// recordings lists the recordings of a mount, the newest first.
func (h *Handlers) recordings(c *call) error {
	files, err := h.Recordings.Files(c.mount)
	if err != nil {
		return problem(http.StatusInternalServerError, "the recordings cannot be listed: %v", err)
	}
	if len(files) == 0 && !h.isKnown(c.r.Context(), c.mount) {
		return noMount(c.mount)
	}
	type file struct {
		Name    string    `json:"name"`
		Size    int64     `json:"size"`
		Begun   time.Time `json:"begun"`
		Changed time.Time `json:"changed"`
		Running bool      `json:"running"` // it is still being written
	}
	var items []file
	for _, f := range files {
		items = append(items, file{f.Name, f.Size, f.Begun, f.Changed, f.Running})
	}
	return c.answer(http.StatusOK, all(items))
}

const (
	// downloadTimeout is how long the download of a recording may take.
	downloadTimeout = 6 * time.Hour
	// maxDownloads bounds the downloads at once: each has two descriptors for that
	// long.
	maxDownloads = 10
)

var errTooManyDownloads = errors.New("too many recordings are being downloaded")

// recording sends a file of a recording, or a range of it.
func (h *Handlers) recording(c *call) error {
	defer h.downloads.Add(-1)
	if h.downloads.Add(1) > maxDownloads {
		return tryLater(c, http.StatusServiceUnavailable, errTooManyDownloads)
	}
	name, err := url.PathUnescape(mux.Vars(c.r)["name"])
	if err != nil {
		return problem(http.StatusNotFound, "there is no recording with this name")
	}
	f, err := h.Recordings.Open(c.mount, name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !h.isKnown(c.r.Context(), c.mount):
		return noMount(c.mount)
	case errors.Is(err, fs.ErrNotExist):
		return problem(http.StatusNotFound, "there is no recording with this name")
	case err != nil:
		return problem(http.StatusInternalServerError, "the recording cannot be read: %v", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", recordings.ContentType(name))
	c.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(downloadTimeout))
	http.ServeContent(c.w, c.r, "", info.ModTime(), &download{ReadSeeker: f, h: h, c: c, looked: time.Now()})
	return nil
}

// removeRecording deletes the recording that a file belongs to.
func (h *Handlers) removeRecording(c *call) error {
	name, err := url.PathUnescape(mux.Vars(c.r)["name"])
	if err == nil {
		err = h.Recordings.Remove(c.mount, name)
	} else {
		err = fs.ErrNotExist
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && !h.isKnown(c.r.Context(), c.mount):
		return noMount(c.mount)
	case errors.Is(err, fs.ErrNotExist):
		return problem(http.StatusNotFound, "there is no recording with this name")
	case errors.Is(err, recordings.ErrRunning), errors.Is(err, recordings.ErrInUse):
		return problem(http.StatusConflict, "the recording is not deleted: %v", err)
	case err != nil:
		return problem(http.StatusInternalServerError, "the recording cannot be deleted: %v", err)
	}
	return c.done()
}

// download is a file that can be read only while the caller's login is valid.
type download struct {
	io.ReadSeeker
	h      *Handlers
	c      *call
	looked time.Time
}

var errLoginEnded = errors.New("the login has ended")

func (d *download) Read(b []byte) (int, error) {
	if now := time.Now(); now.Sub(d.looked) >= lookEvery || d.h.Conf.Config() != d.c.config {
		d.looked = now
		if !d.h.isStill(d.c) {
			return 0, errLoginEnded
		}
	}
	return d.ReadSeeker.Read(b)
}
