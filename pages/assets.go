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
)

//go:embed assets
var assetFiles embed.FS

// AssetPrefix begins the paths of scripts, styles and pictures.
const AssetPrefix = "/assets/"

// edition names the assets of this program: another program has other paths,
// so that browsers may keep them for ever. Scripts find each other beside
// themselves.
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

// asset returns the path of one.
func asset(name string) string { return AssetPrefix + edition + "/" + name }

// contentTypes by extension: what the system thinks of them does not count.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// Assets answers /assets/EDITION/NAME. A page that is older than the program
// gets the present ones.
func (h *Handlers) Assets(w http.ResponseWriter, r *http.Request) {
	of, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, AssetPrefix), "/")
	if of == edition {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	h.serveAsset(w, r, name)
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
	r.Header.Del("Range") // many parts of it would be more than the whole
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}
