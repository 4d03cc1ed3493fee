package conf

// ListenerAuth is [mount.listener_auth]: who may listen, and whom the hoster's
// own web server is asked about or told. Nothing set: everybody may.
type ListenerAuth struct {
	// HtpasswdFile has the names and passwords of those who may listen, as
	// Apache's htpasswd writes it. Empty: no such list.
	HtpasswdFile string `toml:"htpasswd_file"`
	// URL is asked about every listener who comes, and told of each who
	// leaves: Icecast's listener_add and listener_remove.
	URL string `toml:"url"`
	// OnSource is told when a live source takes the mount and when it has
	// left: Icecast's mount_add and mount_remove.
	OnSource string `toml:"on_source"`
	// StreamAuth is asked whether a source may send, instead of looking at
	// its password here: Icecast's stream_auth.
	StreamAuth string `toml:"stream_auth"`
}

func (a *ListenerAuth) check(r *reader, p path) {
	a.HtpasswdFile = r.resolve(a.HtpasswdFile)
	for key, address := range map[string]string{"url": a.URL, "on_source": a.OnSource, "stream_auth": a.StreamAuth} {
		if address == "" {
			continue
		}
		if !isHookURL(address) {
			r.fail(p.key(key), `must be an absolute URL such as "https://members.example.org/radio"`)
		}
	}
	if a.HtpasswdFile != "" && a.URL != "" {
		r.fail(p.key("url"), "htpasswd_file is given too: keep one of the two")
	}
}
