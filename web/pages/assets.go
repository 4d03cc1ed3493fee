package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"relay/mounts"
)

//go:embed assets
var assetFiles embed.FS

// AssetPrefix begins the paths of scripts, styles and pictures.
const AssetPrefix = "/assets/"

// edition is a hash that is part of the assets' paths: another version of the program
// has other paths, so browsers may cache assets without end. Scripts import each
// other by relative paths.
var edition = func() string {
	sum := sha256.New()
	fs.WalkDir(assetFiles, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			text, _ := assetFiles.ReadFile(name)
			sum.Write([]byte(name))
			sum.Write(text)
		}
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:6])
}()

// asset returns the path of an asset.
func asset(name string) string { return AssetPrefix + edition + "/" + name }

// contentTypes are by extension, so that the system's own table is not consulted.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".png": "image/png",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// Assets answers /assets/EDITION/NAME. A page from an older version of the program
// gets the present assets.
func (h *Handlers) Assets(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == logoPath {
		h.serveLogo(w, r)
		return
	}
	of, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, AssetPrefix), "/")
	if of == edition {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	h.serveAsset(w, r, name)
}

// sendPicture sends a picture that browsers cache, and revalidate at each use.
func sendPicture(w http.ResponseWriter, r *http.Request, picture *mounts.Cover) {
	header := w.Header()
	header.Set("Content-Type", picture.Type)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", `"`+picture.Sum+`"`)
	r.Header.Del("Range") // many overlapping ranges would be larger than the whole
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(picture.Data))
}

// Icon answers /favicon.ico.
func (h *Handlers) Icon(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=86400")
	h.serveAsset(w, r, "icon.svg")
}

func (h *Handlers) serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	text, err := assetFiles.ReadFile("assets/" + name)
	contentType, known := contentTypes[path.Ext(name)]
	if err != nil || !known {
		w.Header().Del("Cache-Control")
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("ETag", `"`+edition+`"`)
	r.Header.Del("Range") // many overlapping ranges would be larger than the whole
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}
