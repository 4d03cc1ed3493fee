package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// shortcuts are addresses that people type, with the pages they look for. "MOUNT"
// stands for the name of a mount.
var shortcuts = map[string]string{
	"/dj": "dj/MOUNT", "/studio": "dj/MOUNT",
	"/player": "player/MOUNT", "/listen": "player/MOUNT",
	"/status": "", "/status.html": "", "/index.htm": "", "/home": "",
	"/admin/index.html": "admin/", "/dashboard": "admin/", "/login": "admin/", "/panel": "admin/", "/administrator": "admin/",
	"/api": "api/v1/openapi.json", "/api/v1": "api/v1/openapi.json", "/docs": "api/v1/openapi.json",
}

// IsShortcut reports whether path is a shortcut. A declared mount of that name takes
// precedence.
func (h *Handlers) IsShortcut(path string) bool {
	path = strings.TrimSuffix(path, "/")
	_, is := shortcuts[path]
	return is && !h.Conf.Config().Declares(path)
}

// Shortcut redirects a shortcut to its page. The address is relative, so that it
// works behind a proxy that serves relay below a folder.
func (h *Handlers) Shortcut(w http.ResponseWriter, r *http.Request) {
	mount := (&url.URL{Path: h.mountFor(r)}).EscapedPath()
	page := strings.Replace(shortcuts[strings.TrimSuffix(r.URL.Path, "/")], "/MOUNT", mount, 1)
	to := strings.Repeat("../", strings.Count(r.URL.Path, "/")-1) + page
	if to == "" {
		to = "./"
	}
	w.Header().Set("Location", to)
	w.Header().Set("Cache-Control", "no-store") // the target depends on the session
	w.WriteHeader(http.StatusFound)
}

// mountFor returns the mount of the DJ who is logged in, or else the most likely one:
// /live if it exists, or the first that is not hidden.
func (h *Handlers) mountFor(r *http.Request) string {
	if s, ok := h.session(r); ok && s.Mount != "" {
		return s.Mount
	}
	names := slices.DeleteFunc(h.declaredNames(), func(name string) bool { return h.Conf.Config().Mount(name).Hidden })
	if len(names) == 0 || slices.Contains(names, defaultMount) {
		return defaultMount
	}
	return names[0]
}
