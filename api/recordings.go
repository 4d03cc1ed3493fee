package api

import (
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/gorilla/mux"
)

// recordings lists the recordings of a mount, the newest first.
func (h *Handlers) recordings(c *call) error {
	files, err := h.Recordings.Files(c.mount)
	if err != nil {
		return problem(http.StatusInternalServerError, "the recordings cannot be listed: %v", err)
	}
	type file struct {
		Name    string    `json:"name"`
		Size    int64     `json:"size"`
		Begun   time.Time `json:"begun"`
		Changed time.Time `json:"changed"`
		Running bool      `json:"running"` // is being written
	}
	var items []file
	for _, f := range files {
		items = append(items, file{f.Name, f.Size, f.Begun, f.Changed, f.Running})
	}
	return c.answer(http.StatusOK, all(items))
}

const (
	// downloadTimeout is how long a client may take for a recording.
	downloadTimeout = 6 * time.Hour
	// mostDownloads is how many there may be at once: each has two descriptors,
	// for that long.
	mostDownloads = 10
)

var errTooManyDownloads = errors.New("as many recordings are being downloaded as may")

// recording sends a file of a recording, or the part of it in Range.
func (h *Handlers) recording(c *call) error {
	defer h.downloads.Add(-1)
	if h.downloads.Add(1) > mostDownloads {
		return tryLater(c, http.StatusServiceUnavailable, errTooManyDownloads)
	}
	name, err := url.PathUnescape(mux.Vars(c.r)["name"])
	if err != nil {
		return problem(http.StatusNotFound, "there is no recording of this name")
	}
	f, err := h.Recordings.Open(c.mount, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return problem(http.StatusNotFound, "there is no recording of this name")
	case err != nil:
		return problem(http.StatusInternalServerError, "the recording cannot be read: %v", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	contentType := "audio/mpeg"
	if filepath.Ext(name) == ".cue" {
		contentType = "application/x-cue"
	}
	c.w.Header().Set("Content-Type", contentType)
	c.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(downloadTimeout))
	http.ServeContent(c.w, c.r, "", info.ModTime(), &download{ReadSeeker: f, h: h, c: c, looked: time.Now()})
	return nil
}

// download is a file that can be read for as long as the caller's login holds.
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
