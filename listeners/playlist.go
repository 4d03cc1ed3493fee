package listeners

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"relay/icy"
)

// Playlist answers GET /mount.m3u and /mount.pls: a file of one address, for
// players to open. As with Icecast the mount need not be there
// (wire/playlist-m3u-unknown.txt). base is the server's address for clients
// whose Host header is unusable, "http://radio.example:8000".
func Playlist(base string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		dot := strings.LastIndexByte(r.URL.Path, '.')
		if dot < 0 {
			http.NotFound(w, r)
			return
		}
		mount, kind := r.URL.Path[:dot], r.URL.Path[dot:]
		server := base
		if strings.Contains(r.Host, ":") && icy.PlausibleHost(r.Host) {
			server = "http://" + r.Host
			if r.TLS != nil {
				server = "https://" + r.Host
			}
		}
		address := server + (&url.URL{Path: mount}).EscapedPath()
		w.Header().Set("Cache-Control", "no-cache, no-store")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		switch kind {
		case ".m3u":
			w.Header().Set("Content-Type", "audio/x-mpegurl")
			fmt.Fprintf(w, "%s\r\n", address)
		case ".pls":
			w.Header().Set("Content-Type", "audio/x-scpls")
			fmt.Fprintf(w, "[playlist]\nNumberOfEntries=1\nFile1=%s\nTitle1=%s\nLength1=-1\nVersion=2\n", address, mount)
		}
	}
}
