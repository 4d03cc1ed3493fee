package pages

import (
	"fmt"
	"net/http"
	"os"

	"go.uber.org/zap"

	"relay/internal/disk"
	"relay/internal/logging"
	"relay/mounts"
)

// brand is the station whose pages these are.
type brand struct {
	Brand string // name of the station
	Logo  string // path of its logo; empty: none
}

// logoPath is the path of the station's logo, and maxLogo the largest size of its
// file, in bytes.
const (
	logoPath = AssetPrefix + "logo"
	maxLogo  = 1 << 20
)

// brand returns the configured name, or the name that all public mounts have in
// common, or else relay's own.
func (h *Handlers) brand() brand {
	c := h.Conf.Config()
	b := brand{Brand: c.Page.Title}
	if c.Page.Logo != "" {
		b.Logo = logoPath
	}
	if b.Brand == "" {
		b.Brand = h.commonName()
	}
	return b
}

// commonName returns the station name that all public mounts have in common, or "".
func (h *Handlers) commonName() string {
	common := ""
	for _, m := range h.Registry.List() {
		if m.Config().Hidden {
			continue
		}
		name := m.Programme().Station.Name
		if name == "" || common != "" && name != common {
			return "relay"
		}
		common = name
	}
	if common == "" {
		return "relay"
	}
	return common
}

// serveLogo sends the station's logo.
func (h *Handlers) serveLogo(w http.ResponseWriter, r *http.Request) {
	path := h.Conf.Config().Page.Logo
	if path == "" {
		http.NotFound(w, r)
		return
	}
	logo, err := disk.Look("show", path, disk.Patience, func() (*mounts.Cover, error) { return ReadLogo(path) })
	if err != nil {
		h.Log.Warn("the logo cannot be shown", zap.String("file", path), zap.Error(err), logging.LimitPer(path))
		http.NotFound(w, r)
		return
	}
	sendPicture(w, r, logo)
}

// ReadLogo reads a logo from a file. It blocks as long as the disk does.
func ReadLogo(path string) (*mounts.Cover, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxLogo {
		return nil, fmt.Errorf("it must be a plain file of %d bytes at most", maxLogo)
	}
	picture, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	logo := mounts.NewCover(picture)
	if logo == nil {
		return nil, fmt.Errorf("it must be a JPEG, PNG, GIF or WebP picture")
	}
	return logo, nil
}
